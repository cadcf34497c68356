//! The decisions of the OpenID AuthZEN todo interop scenario, asked of the example policy set.
#![expect(clippy::unwrap_used, reason = "tests stop at their own mistakes, and say what they skip")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tollgate_policy::data::Fields;
use tollgate_policy::engine::{Effect, Query, RequestFacts, Resource, Scratch};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, compile};
use tollgate_policy::source::{SourceFile, load};

#[derive(Deserialize)]
struct Scenario {
    evaluation: Vec<Single>,
    evaluations: Vec<Batch>,
}

#[derive(Deserialize)]
struct Single {
    request: Evaluation,
    expected: bool,
}

#[derive(Deserialize)]
struct Batch {
    request: Evaluations,
    expected: Vec<Decision>,
}

#[derive(Deserialize)]
struct Decision {
    decision: bool,
}

/// What a batch says once holds for all of its evaluations that do not say otherwise.
#[derive(Deserialize)]
struct Evaluations {
    #[serde(flatten)]
    common: Evaluation,
    evaluations: Vec<Evaluation>,
}

#[derive(Clone, Deserialize)]
struct Evaluation {
    subject: Option<Subject>,
    action: Option<Action>,
    resource: Option<Entity>,
}

#[derive(Clone, Deserialize)]
struct Subject {
    id: String,
}

#[derive(Clone, Deserialize)]
struct Action {
    name: String,
}

#[derive(Clone, Deserialize)]
struct Entity {
    r#type: String,
    id: String,
    #[serde(default)]
    properties: serde_json::Map<String, serde_json::Value>,
}

impl Entity {
    fn attributes(&self) -> Fields {
        let json = serde_json::to_vec(&self.properties).unwrap();
        Fields::from_json(&json).unwrap()
    }
}

impl Evaluation {
    fn over(&self, common: &Evaluation) -> Evaluation {
        Evaluation {
            subject: self.subject.clone().or_else(|| common.subject.clone()),
            action: self.action.clone().or_else(|| common.action.clone()),
            resource: self.resource.clone().or_else(|| common.resource.clone()),
        }
    }

    fn is_allowed(&self, snapshot: &Snapshot) -> bool {
        let (subject, resource) = (self.subject.as_ref().unwrap(), self.resource.as_ref().unwrap());
        let claims =
            PrincipalClaims { id: subject.id.clone(), source: Some("idp".to_owned()), ..PrincipalClaims::default() };
        let principal = snapshot.principal(claims);
        let attributes = resource.attributes();
        let query = Query {
            scope: None,
            principal: &principal,
            action: &self.action.as_ref().unwrap().name,
            resource: Resource { kind: &resource.r#type, id: Some(&resource.id), attributes: (&attributes).into() },
            request: RequestFacts::default(),
        };
        snapshot.decide(&query, &mut Scratch::default()).effect == Effect::Allow
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn todo() -> Snapshot {
    let name = root().join("envoy/examples/todo/todo.yaml");
    let file = SourceFile::new(name.display().to_string(), fs::read_to_string(&name).unwrap());
    compile(&load(&[file]).unwrap(), SnapshotId::default()).unwrap().snapshot
}

#[test]
fn every_decision_of_the_scenario_is_as_expected() {
    let folder =
        env::var_os("TOLLGATE_CONFORMANCE").map_or_else(|| root().join("../shared/conformance"), PathBuf::from);
    let file = folder.join("authzen-todo-decisions.json");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("skipped: there is no {}", file.display());
        return;
    };
    let scenario: Scenario = serde_json::from_str(&text).unwrap();
    let snapshot = todo();
    for Single { request, expected } in &scenario.evaluation {
        let Evaluation { subject, action, resource } = request;
        let names = (
            subject.as_ref().map(|subject| &subject.id),
            action.as_ref().map(|action| &action.name),
            resource.as_ref().map(|resource| &resource.id),
        );
        assert_eq!(request.is_allowed(&snapshot), *expected, "{names:?}");
    }
    for Batch { request, expected } in &scenario.evaluations {
        let allowed: Vec<bool> =
            request.evaluations.iter().map(|each| each.over(&request.common).is_allowed(&snapshot)).collect();
        assert_eq!(allowed, expected.iter().map(|expected| expected.decision).collect::<Vec<_>>());
    }
    assert!(!scenario.evaluation.is_empty() && !scenario.evaluations.is_empty());
}
