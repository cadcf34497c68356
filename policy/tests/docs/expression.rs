//! What expressions come to over the request that the pages show.

use serde_json::Value as Json;
use tollgate_policy::condition::{AttributeTypes, Environment, Map, Use, lower_checked, lower_mapped};
use tollgate_policy::data::{Data, Fields};
use tollgate_policy::engine::{Query, RequestFacts, Resource};
use tollgate_policy::http::{Headers, QueryParameters, Source};
use tollgate_policy::identity::PrincipalClaims;
use tollgate_policy::set::PolicySet;
use tollgate_policy::snapshot::{Snapshot, SnapshotId, encode};
use tollgate_policy::time::Timestamp;

/// The request, and who asks for what.
pub(crate) struct Sample {
    json: Json,
    body: Data,
    resource: Fields,
    snapshot: Snapshot,
}

impl Sample {
    pub(crate) fn read(text: &str) -> Self {
        let json: Json = serde_json::from_str(text).unwrap();
        let bytes = encode(&PolicySet::default(), SnapshotId::default()).unwrap();
        let snapshot = Snapshot::decode(&bytes).unwrap();
        let body = Data::from_json(json["request"]["body"].to_string().as_bytes()).unwrap();
        let resource = fields(&json["resource"]["attr"]);
        Sample { json, body, resource, snapshot }
    }

    /// A value as it is shown, `error: …`, or `refused: …`.
    pub(crate) fn outcome(&self, source: &str) -> String {
        let environment = Environment::policy();
        match lower_checked(source, &environment, &AttributeTypes::unknown(), Use::Variable) {
            Err(problem) => return format!("refused: {problem}"),
            Ok(checked) => {
                if let Some(problem) = checked.problems.first() {
                    return format!("refused: {problem}");
                }
            }
        }
        let (program, map) = lower_mapped(source, &environment).unwrap();
        let text = |path: &str| self.json.pointer(path).and_then(Json::as_str);
        let pairs = |path: &str| -> Vec<(&str, &str)> {
            let object = self.json.pointer(path).and_then(Json::as_object).unwrap();
            object.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
        };
        let roles = self.json["principal"]["roles"].as_array().unwrap();
        let principal = self.snapshot.principal(PrincipalClaims {
            id: text("/principal/id").unwrap().to_owned(),
            roles: roles.iter().map(|role| role.as_str().unwrap().to_owned()).collect(),
            attributes: fields(&self.json["principal"]["attr"]),
            ..PrincipalClaims::default()
        });
        let (headers, query) = (pairs("/request/headers"), pairs("/request/query"));
        let headers: Vec<(&[u8], &[u8])> =
            headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let port = self.json["request"]["source"]["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        let request = RequestFacts {
            method: text("/request/method"),
            path: text("/request/path"),
            host: text("/request/host"),
            headers: Headers(&headers),
            query: QueryParameters(&query),
            body: Some(&self.body),
            time: text("/request/time").and_then(Timestamp::parse),
            source: Some(Source { ip: text("/request/source/ip").unwrap(), port: port.unwrap() }),
        };
        let query = Query {
            principal: &principal,
            action: "edit",
            resource: Resource {
                kind: text("/resource/kind").unwrap(),
                id: text("/resource/id"),
                attributes: Map::from(&self.resource),
            },
            scope: None,
            request,
        };
        // The first part is the whole.
        program.watch(&map, &query)[0].outcomes[0].to_string()
    }
}

fn fields(json: &Json) -> Fields {
    let members = json.as_object().unwrap().iter();
    let members =
        members.map(|(name, value)| (name.as_str().into(), Data::from_json(value.to_string().as_bytes()).unwrap()));
    Fields::new(members.collect()).unwrap()
}
