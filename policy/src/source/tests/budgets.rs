//! Budgets: what a set that is valid says, and what production cannot do without.

use super::{file, load_one};
use crate::set::budget::{
    BudgetMode, Budgets, Charged, Downgrade, Environment, Limit, Line, Model, ModelApi, OrgAttribute, Pattern, Price,
    RouteBudget, Rules, ScopeKind, Unit, Whose, Window,
};
use crate::source::{Loader, SourceFile, load};

const EXAMPLE: &str = r#"
budgets:
  models:
    - {name: gpt-4o, provider: openai, context: 128000, maxOutput: 16384, imageTokens: 1500, price: {input: 2500000, output: 10000000, cached: 1250000, cacheWrite: 3125000}, alternatives: [gpt-4o-mini]}
    - {name: gpt-4o-mini, provider: openai, context: 128000, maxOutput: 16384, price: {input: 150000, output: 600000}}
    - {name: "anthropic.claude-3-haiku-20240307-v1:0", provider: aws-bedrock, context: 200000, maxOutput: 4096}
  environments:
    prod:
      warnAt: [95, 50]
      limits:
        - {scope: global, tokens: 100000000}
        - {scope: org, tokens: 1000000}
        - {scope: org, name: acme, tokens: 5000000}
        - {scope: user, match: "bot-*", microDollars: 2000000, window: month}
        - {scope: user, match: "*-1", microDollars: 1, window: month}
        - {scope: model, match: "gpt-*", tokens: 7, window: hour}
        - {scope: provider, name: openai, tokens: 0}
    dev: {}
    staging: {mode: advisory, warnAt: []}
routes:
  - match: {methods: [POST], path: /v1/chat/completions}
    action: complete
    resource: {kind: llm}
    budget: {api: openai-chat, org: principal.attr.org, defaultOutput: 1024, promptElsewhere: 0, includeUsage: false, downgrade: {below: 10}, mode: advisory, maxBytes: 65536}
  - {match: {path: "/v1/{rest=**}"}, action: complete, resource: {kind: llm, attr: {model: "'gpt-4o'"}}, budget: {}}
  - {match: {path: "/models/gpt-4o:generateContent"}, action: complete, resource: {kind: llm}, budget: {api: auto, org: principal.realm.org}}
"#;

#[test]
fn budgets_are_what_the_files_say() {
    let set = load_one(EXAMPLE).unwrap();
    let Budgets { models, environments, serves: _ } = &set.budgets;
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["anthropic.claude-3-haiku-20240307-v1:0", "gpt-4o", "gpt-4o-mini"]);
    let gpt = Model {
        name: "gpt-4o".to_owned(),
        provider: "openai".to_owned(),
        context: 128_000,
        max_output: 16_384,
        image_tokens: 1500,
        price: Some(Price { input: 2_500_000, output: 10_000_000, cached: 1_250_000, cache_write: 3_125_000 }),
        alternatives: vec!["gpt-4o-mini".to_owned()],
    };
    assert_eq!(set.budgets.model("gpt-4o"), Some(&gpt));
    let price = Price { input: 150_000, output: 600_000, cached: 150_000, cache_write: 150_000 };
    assert_eq!((models[2].price, models[2].image_tokens), (Some(price), Model::IMAGE_TOKENS));
    assert_eq!((models[0].price, set.budgets.model("gpt-4")), (None, None));

    assert_eq!(environments[&Environment::Dev], Rules::default());
    assert_eq!(environments[&Environment::Staging], Rules::new(BudgetMode::Advisory, vec![]));
    let prod = &environments[&Environment::Prod];
    assert_eq!((prod.mode, prod.warn_at.as_slice()), (BudgetMode::Strict, &[50, 95][..]));
    let charged = Charged { org: Some("acme"), user: "bot-1", provider: "openai", model: "gpt-4o" };
    let line = |scope, window, unit, limit| Line { scope, window, unit, limit };
    let expected = [
        line(ScopeKind::Global, Window::Day, Unit::Tokens, 100_000_000),
        line(ScopeKind::Org, Window::Day, Unit::Tokens, 5_000_000),
        line(ScopeKind::User, Window::Month, Unit::MicroDollars, 2_000_000),
        line(ScopeKind::Provider, Window::Day, Unit::Tokens, 0),
        line(ScopeKind::Model, Window::Hour, Unit::Tokens, 7),
    ];
    assert_eq!(prod.lines(&charged).collect::<Vec<_>>(), expected);
    let pattern = Limit {
        scope: ScopeKind::Model,
        whose: Whose::Matching(Pattern::new("gpt-*").unwrap()),
        window: Window::Hour,
        unit: Unit::Tokens,
        most: 7,
    };
    assert_eq!(prod.limits().last(), Some(pattern));

    let org = |names: &[&str]| Some(OrgAttribute(names.iter().map(|name| Box::from(*name)).collect()));
    let first = RouteBudget {
        api: Some(ModelApi::OpenAiChat),
        mode: Some(BudgetMode::Advisory),
        org: org(&["org"]),
        default_output: Some(1024),
        prompt_elsewhere: Some(0),
        include_usage: false,
        downgrade: Some(Downgrade { below: 10 }),
        max_bytes: 65536,
    };
    assert_eq!(set.routes[0].budget, Some(first));
    assert_eq!(set.routes[1].budget, Some(RouteBudget::default()));
    assert_eq!(set.routes[2].budget, Some(RouteBudget { org: org(&["realm", "org"]), ..RouteBudget::default() }));
}

#[test]
fn models_and_environments_may_be_in_several_files() {
    let models = "budgets: {models: [{name: a, provider: p, context: 9, maxOutput: 1, price: {input: 1, output: 2}, alternatives: [b]}]}";
    let more = "budgets: {models: [{name: b, provider: p, context: 9, maxOutput: 1, price: {input: 1, output: 1}}], environments: {dev: {}}}";
    let prod = "budgets: {environments: {prod: {limits: [{scope: model, name: a, tokens: 5}]}}}";
    let set = load(&[file("a.yaml", models), file("b.yaml", more), file("c.yaml", prod)]).unwrap();
    assert_eq!((set.budgets.models.len(), set.budgets.environments.len()), (2, 2));
    let problems = load(&[file("a.yaml", models), file("c.yaml", prod)]).unwrap_err().to_string();
    assert!(problems.contains("there is no model `b`"), "{problems}");
    // What could not be read may hold it.
    let problems = load(&[file("a.yaml", models), file("b.yaml", "budgets: [")]).unwrap_err().to_string();
    assert!(!problems.contains("there is no model"), "{problems}");
}

const ROUTE: &str = "routes: [{match: {path: /a}, action: complete, resource: {kind: llm}, budget: {}}]";

fn of(environment: Environment, files: &[SourceFile]) -> Option<String> {
    Loader::of(environment).load(files).err().map(|problems| problems.to_string())
}

#[test]
fn production_does_not_do_without_rules() {
    let route = file("routes.yaml", ROUTE);
    let said = of(Environment::Prod, std::slice::from_ref(&route)).unwrap();
    assert_eq!(
        said,
        "routes.yaml:1:79: route `/a` has a budget, and there are no budget rules for environment `prod`; write them as \
         `budgets.environments.prod`\n    …ath: /a}, action: complete, resource: {kind: llm}, budget: {}}]\n    \
         \u{20}                                                           ^\n  \
         help: production does not serve models without saying what may be used of them"
    );
    let dev = file("budgets.yaml", "budgets: {environments: {dev: {}}}");
    assert!(of(Environment::Prod, &[route.clone(), dev]).is_some());
    for environment in [Environment::Dev, Environment::Staging] {
        assert_eq!(of(environment, std::slice::from_ref(&route)), None);
    }
    let prod = file("budgets.yaml", "budgets: {environments: {prod: {mode: disabled}}}");
    assert_eq!(of(Environment::Prod, &[route.clone(), prod]), None);
    // Only routes with budgets need rules.
    assert_eq!(of(Environment::Prod, &[file("routes.yaml", &ROUTE.replace(", budget: {}", ""))]), None);
    // What is there and wrong is told as such, and nothing is said of what may be in a file that cannot be read.
    for (text, said) in [("budgets: {environments: {prod: {mode: x}}}", "`mode` is one of"), ("budgets: [", "YAML")] {
        let problems = of(Environment::Prod, &[route.clone(), file("b.yaml", text)]).unwrap();
        assert!(problems.contains(said) && !problems.contains("no budget rules"), "{problems}");
    }
}

#[test]
fn limits_that_change_make_another_set_and_the_same_snapshot() {
    let mut loader = Loader::default();
    let before = loader.load(&[file("a.yaml", EXAMPLE)]).unwrap();
    let after = loader.load(&[file("a.yaml", &EXAMPLE.replace("tokens: 1000000}", "tokens: 1000001}"))]).unwrap();
    assert_ne!(before.budgets, after.budgets);
    let digest = |set| crate::snapshot::Compiler::default().compile(set).unwrap().digest();
    assert_eq!(digest(&before), digest(&after));
}

#[test]
fn a_model_without_answers_is_no_alternative_to_one_with_them() {
    let models = |own: u32, other: u32| {
        format!(
            "budgets:\n  models:\n    - {{name: chat, provider: p, context: 9, maxOutput: {own}, price: {{input: 2, output: 2}}, \
             alternatives: [vectors]}}\n    - {{name: vectors, provider: p, context: 9, maxOutput: {other}, price: {{input: 1, \
             output: 0}}}}\n"
        )
    };
    let refused = load_one(&models(5, 0)).unwrap_err().to_string();
    assert!(refused.contains("`vectors` writes no answers, as `chat` does"), "{refused}");
    load_one(&models(5, 1)).unwrap();
    load_one(&models(0, 0)).unwrap();
}

#[test]
fn limits_of_users_that_nobody_is_called_by_are_refused() {
    let with = |sources: &[&str], whose: &str| {
        let sources: Vec<String> = sources.iter().map(|name| format!("{{name: {name}, jwt: {{}}}}")).collect();
        let budgets = format!("budgets: {{environments: {{dev: {{limits: [{{scope: user, {whose}, tokens: 5}}]}}}}}}");
        let text = match &*sources {
            [] => budgets,
            _ => format!("identity: [{}]\n{budgets}", sources.join(", ")),
        };
        load_one(&text).err().map(|problems| problems.to_string())
    };
    let (one, two): (&[&str], &[&str]) = (&["token"], &["token", "partner"]);
    for (sources, whose, said) in [
        (two, "name: ann", "no user is called `ann`: there are several identity sources"),
        (two, "name: ann", "such as `token/ann`"),
        (two, "name: tokens/ann", "no user is called"),
        (two, "match: \"bot-*\"", "no user is called `bot-*`"),
        (one, "name: token/ann", "no user is called `token/ann`: there is one identity source"),
        (one, "name: token/ann", "write `ann`"),
    ] {
        let problems = with(sources, whose).unwrap_or_default();
        assert!(problems.contains(said), "{whose}: {problems}");
    }
    for (sources, whose) in [
        (one, "name: ann"),
        (one, "name: anonymous"),
        (one, "name: token/anonymous"),
        (one, "match: \"bot-*\""),
        (two, "name: partner/ann"),
        (two, "name: anonymous"),
        (two, "match: \"token/*\""),
        (two, "match: \"*/ann\""),
        (two, "match: \"p*-bot\""),
        (&[], "name: ann"),
    ] {
        assert_eq!(with(sources, whose), None, "{whose}");
    }
}

#[test]
fn a_set_that_is_to_serve_somewhere_carries_the_mode_of_its_rules_there() {
    let text = "budgets: {environments: {dev: {mode: advisory}, prod: {}}}";
    for (environment, mode) in [
        (Environment::Dev, BudgetMode::Advisory),
        (Environment::Staging, BudgetMode::Advisory),
        (Environment::Prod, BudgetMode::Strict),
    ] {
        let set = Loader::of(environment).load(&[file("a.yaml", text)]).unwrap();
        assert_eq!(set.budgets.mode(), Some(mode));
    }
    assert_eq!(load_one(text).unwrap().budgets.mode(), None);
    assert_eq!(Loader::of(Environment::Dev).load(&[]).unwrap().budgets.mode(), Some(BudgetMode::Disabled));
}
