//! `regorus`, compiled for its virtual machine, with every request's input prepared.

use std::fmt::Write as _;
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{Engine, Value};

use super::lookup::{slices, slot};
use super::workload::spec::Shape;
use super::workload::{Case, Person, Spec, Workload, action_name};

const ENTRY: &str = "data.authz.allow";

pub(crate) struct Rego {
    /// One of all policies, or one for each kind and action; none where no policy allows.
    machines: Vec<Option<RegoVM>>,
    requests: Vec<(usize, Value)>,
}

impl Rego {
    pub(crate) fn whole(workload: &Workload) -> Self {
        let all: Vec<&Spec> = workload.specs.iter().collect();
        Self::new(workload, vec![machine(&all, true)], |_| 0)
    }

    /// The host has matched kind and action, so that the rules need not.
    pub(crate) fn sliced(workload: &Workload) -> Self {
        let machines = slices(&workload.specs).iter().map(|specs| machine(specs, false)).collect();
        Self::new(workload, machines, |case| slot(case.kind, case.action))
    }

    fn new(workload: &Workload, machines: Vec<Option<RegoVM>>, of: fn(&Case) -> usize) -> Self {
        let request = |case: &Case| (of(case), input(case, &workload.people[case.person]));
        Rego { machines, requests: workload.cases.iter().map(request).collect() }
    }

    pub(crate) fn allows(&mut self, request: usize) -> bool {
        let (machine, input) = &self.requests[request];
        let Some(Some(machine)) = self.machines.get_mut(*machine) else { return false };
        machine.set_input(input.clone());
        machine.execute_entry_point_by_index(0).unwrap() == Value::Bool(true)
    }
}

fn machine(specs: &[&Spec], whole: bool) -> Option<RegoVM> {
    if specs.iter().all(|spec| spec.deny) {
        return None;
    }
    let mut engine = Engine::new();
    engine.add_policy("authz.rego".to_owned(), text(specs, whole)).unwrap();
    let policy = engine.compile_with_entrypoint(&ENTRY.into()).unwrap();
    let program = Compiler::compile_from_policy(&policy, &[ENTRY]).unwrap();
    let mut machine = RegoVM::new_with_policy(policy);
    machine.set_max_instructions(usize::MAX);
    machine.load_program(Arc::clone(&program));
    Some(machine)
}

fn text(specs: &[&Spec], whole: bool) -> String {
    let mut text = "package authz\nimport rego.v1\ndefault allow := false\n".to_owned();
    let denies = specs.iter().any(|spec| spec.deny);
    text.push_str(if denies { "allow if { permitted; not denied }\n" } else { "allow if { permitted }\n" });
    for spec in specs {
        // A rule for each role: cheaper than to search a list.
        for role in spec.roles.iter().flatten() {
            text.push_str(if spec.deny { "denied if {" } else { "permitted if {" });
            if whole {
                let actions: Vec<String> =
                    spec.actions.iter().flatten().map(|action| format!("{:?}", action_name(*action))).collect();
                write!(
                    text,
                    " input.kind == \"kind-{}\"; input.action in {{{}}};",
                    spec.kind.unwrap(),
                    actions.join(", ")
                )
                .unwrap();
            }
            write!(text, " input.principal.roles[\"role-{role}\"]").unwrap();
            if let Some(shape) = &spec.shape {
                write!(text, "; {}", condition(shape)).unwrap();
            }
            text.push_str(" }\n");
        }
    }
    text
}

fn condition(shape: &Shape) -> String {
    match shape {
        Shape::Owner => "input.resource.ownerId == input.principal.id".to_owned(),
        Shape::DepartmentAndStatus(status) => {
            format!(
                "input.principal.department == input.resource.department; input.resource.status != \"status-{status}\""
            )
        }
        Shape::AmountAndGroup(amount, group) => {
            format!("input.resource.amount < {amount}; input.principal.groups[\"group-{group}\"]")
        }
        Shape::PathPrefix(area) => format!("not startswith(input.path, \"/area-{area}/\")"),
    }
}

fn input(case: &Case, person: &Person) -> Value {
    let set = |name: &str, numbers: &[usize]| -> serde_json::Value {
        numbers.iter().map(|number| (format!("{name}-{number}"), serde_json::Value::Bool(true))).collect()
    };
    let json = serde_json::json!({
        "principal": {
            "id": format!("user-{}", person.id),
            "department": format!("department-{}", person.department),
            "groups": set("group", &person.groups),
            "roles": set("role", &person.roles),
        },
        "kind": format!("kind-{}", case.kind),
        "action": action_name(case.action),
        "resource": {
            "ownerId": format!("user-{}", case.owner),
            "department": format!("department-{}", case.department),
            "status": format!("status-{}", case.status),
            "amount": case.amount,
        },
        "path": format!("/area-{}/things/1", case.area),
    });
    Value::from_json_str(&json.to_string()).unwrap()
}
