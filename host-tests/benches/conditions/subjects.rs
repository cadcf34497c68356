//! What the benchmark of conditions compares, compiled into it and into the WebAssembly guest: six expressions, evaluated
//! by our lowered form and by the crate `cel` in two ways.

use std::collections::HashMap;
use std::sync::Arc;

use cel_interpreter::common::value::{CowVal, Val};
use cel_interpreter::context::VariableResolver;
use cel_interpreter::objects::{Key, Map as CelMap};
use cel_interpreter::{Context, Env, Program as CelProgram, Value as CelValue};
use tollgate_policy::condition::{Environment, Map, Memory, Program, lower};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Query, RequestFacts, Resource};
use tollgate_policy::identity::{Principal, PrincipalClaims};
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use tollgate_policy::time::Timestamp;

/// The shapes that policies are made of; every one of them holds.
pub(crate) const EXPRESSIONS: [(&str, &str); 6] = [
    ("owner", "resource.ownerId == principal.id"),
    ("department", "resource.department == principal.department && resource.status == 'published'"),
    ("amount", "resource.amount <= 10000 && resource.region in ['us', 'apac', 'eu']"),
    ("prefix", "request.path.startsWith('/v1/documents/')"),
    ("role", "principal.roles.exists(role, role == 'editor')"),
    ("time", "request.time < timestamp('2027-01-01T00:00:00Z')"),
];

const ROLES: [&str; 4] = ["auditor", "author", "editor", "viewer"];
const PATH: &str = "/v1/documents/4711";
const NOW: &str = "2026-11-21T12:00:00Z";
const PRINCIPAL: [(&str, &str); 1] = [("department", "legal")];
const RESOURCE: [(&str, &str); 4] =
    [("department", "legal"), ("ownerId", "alice"), ("region", "eu"), ("status", "published")];
const AMOUNT: i64 = 9_000;

/// Our own evaluator.
pub(crate) struct Ours {
    programs: Vec<Program>,
    principal: Principal,
    attributes: Fields,
    memory: Memory,
}

impl Ours {
    pub(crate) fn new() -> Self {
        let bytes = encode(&PolicySet::default(), SnapshotId { epoch: 1, version: 1 }).unwrap();
        let strings = |pairs: &[(&str, &str)]| -> Vec<(Box<str>, Data)> {
            pairs.iter().map(|(name, value)| ((*name).into(), Data::from(*value))).collect()
        };
        let principal = Snapshot::decode(&bytes).unwrap().principal(PrincipalClaims {
            source: None,
            id: "alice".to_owned(),
            roles: ROLES.map(str::to_owned).to_vec(),
            attributes: Fields::new(strings(&PRINCIPAL)).unwrap(),
            scope: None,
        });
        let mut attributes = strings(&RESOURCE);
        attributes.push(("amount".into(), Data::Int(AMOUNT)));
        let lowered = |(_, text): &(&str, &str)| lower(text, &Environment::policy()).unwrap();
        Ours {
            programs: EXPRESSIONS.iter().map(lowered).collect(),
            principal,
            attributes: Fields::new(attributes).unwrap(),
            memory: Memory::default(),
        }
    }

    /// Evaluates an expression so many times; says how often it held.
    pub(crate) fn run(&mut self, expression: usize, times: u32) -> u32 {
        let query = Query {
            principal: &self.principal,
            action: "view",
            scope: None,
            resource: Resource { kind: "document", id: None, attributes: Map::from(&self.attributes) },
            request: RequestFacts { path: Some(PATH), time: Timestamp::parse(NOW), ..RequestFacts::default() },
        };
        let program = &self.programs[expression];
        let mut holds = || program.holds(std::hint::black_box(&query), &mut self.memory) == Ok(true);
        (0..times).map(|_| u32::from(holds())).sum()
    }
}

/// The crate `cel`, everything it needs built once.
pub(crate) struct Cel {
    programs: Vec<CelProgram>,
    context: Context<'static, 'static>,
}

/// Answers whole dotted names from values that are there already: the best that the crate's interface allows.
struct Names(HashMap<&'static str, Box<dyn Val>>);

impl VariableResolver for Names {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        self.0.get(variable).map(|value| CowVal::Borrowed(&**value))
    }
}

impl Cel {
    /// With `principal`, `resource` and `request` as maps, as its documentation shows.
    pub(crate) fn with_maps() -> Self {
        let mut context = Context::with_env(Arc::new(Env::stdlib()));
        let mut principal: HashMap<Key, CelValue> = members(&PRINCIPAL);
        principal.insert("id".into(), string("alice"));
        principal.insert("roles".into(), roles());
        let mut resource = members(&RESOURCE);
        resource.insert("amount".into(), CelValue::Int(AMOUNT));
        let request = HashMap::from([("path".into(), string(PATH)), ("time".into(), now())]);
        for (name, members) in [("principal", principal), ("resource", resource), ("request", request)] {
            context.add_variable_from_value(name, CelValue::Map(CelMap { map: Arc::new(members) }));
        }
        Cel { programs: programs(), context }
    }

    /// With a resolver over prepared values.
    pub(crate) fn with_resolver() -> Self {
        let mut names = HashMap::new();
        let mut name = |name, value: CelValue| names.insert(name, Box::<dyn Val>::try_from(value).unwrap());
        name("principal.id", string("alice"));
        name("principal.department", string("legal"));
        name("principal.roles", roles());
        name("resource.ownerId", string("alice"));
        name("resource.department", string("legal"));
        name("resource.status", string("published"));
        name("resource.region", string("eu"));
        name("resource.amount", CelValue::Int(AMOUNT));
        name("request.path", string(PATH));
        name("request.time", now());
        let mut context = Context::with_env(Arc::new(Env::stdlib()));
        context.set_variable_resolver(Box::leak(Box::new(Names(names))));
        Cel { programs: programs(), context }
    }

    /// Evaluates an expression so many times; says how often it held.
    pub(crate) fn run(&self, expression: usize, times: u32) -> u32 {
        let program = &self.programs[expression];
        let holds = || matches!(program.execute(std::hint::black_box(&self.context)), Ok(CelValue::Bool(true)));
        (0..times).map(|_| u32::from(holds())).sum()
    }
}

fn programs() -> Vec<CelProgram> {
    EXPRESSIONS.iter().map(|(_, text)| CelProgram::compile(text).unwrap()).collect()
}

fn members(pairs: &[(&str, &str)]) -> HashMap<Key, CelValue> {
    pairs.iter().map(|(name, value)| (Key::from(*name), string(value))).collect()
}

fn roles() -> CelValue {
    CelValue::List(Arc::new(ROLES.map(string).to_vec()))
}

fn now() -> CelValue {
    let program = CelProgram::compile(&format!("timestamp('{NOW}')")).unwrap();
    program.execute(&Context::with_env(Arc::new(Env::stdlib()))).unwrap()
}

fn string(text: &str) -> CelValue {
    CelValue::String(Arc::new(text.to_owned()))
}
