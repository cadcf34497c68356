//! The crate `cel` behind the floor's lookup, by the best of its interfaces: values that are there already are lent to it under
//! their whole names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cel_interpreter::common::types::{CelInt, CelList, CelString};
use cel_interpreter::common::value::{CowVal, Val};
use cel_interpreter::context::VariableResolver;
use cel_interpreter::{Context, Env, Program, Value};

use super::lookup::{Asked, Lookup};
use super::workload::{Case, Person, Workload};

pub(crate) struct Cel {
    lookup: Lookup<Program>,
    requests: &'static Requests,
    context: Context<'static, 'static>,
}

/// All requests; the crate asks for names of the current one.
struct Requests {
    all: Vec<Request>,
    current: AtomicUsize,
}

struct Request {
    asked: Asked,
    id: CelString<'static>,
    department: CelString<'static>,
    groups: CelList<'static>,
    owner: CelString<'static>,
    its_department: CelString<'static>,
    status: CelString<'static>,
    amount: CelInt,
    path: CelString<'static>,
}

impl VariableResolver for Requests {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let request = &self.all[self.current.load(Ordering::Relaxed)];
        let value: &dyn Val = match variable {
            "principal.id" => &request.id,
            "principal.attr.department" => &request.department,
            "principal.attr.groups" => &request.groups,
            "resource.ownerId" => &request.owner,
            "resource.attr.department" => &request.its_department,
            "resource.attr.status" => &request.status,
            "resource.attr.amount" => &request.amount,
            "request.path" => &request.path,
            _ => return None,
        };
        Some(CowVal::Borrowed(value))
    }
}

impl Cel {
    pub(crate) fn new(workload: &Workload) -> Self {
        let all = workload.cases.iter().map(|case| request(case, &workload.people[case.person])).collect();
        let requests: &Requests = Box::leak(Box::new(Requests { all, current: AtomicUsize::new(0) }));
        let mut context = Context::with_env(Arc::new(Env::stdlib()));
        context.set_variable_resolver(requests);
        let lookup = Lookup::new(&workload.specs, |spec| Some(Program::compile(&spec.shape.as_ref()?.text()).unwrap()));
        Cel { lookup, requests, context }
    }

    pub(crate) fn allows(&self, request: usize) -> bool {
        self.requests.current.store(request, Ordering::Relaxed);
        let holds = |program: &Program| matches!(program.execute(&self.context), Ok(Value::Bool(true)));
        self.lookup.allows(&self.requests.all[request].asked, holds)
    }
}

fn request(case: &Case, person: &Person) -> Request {
    let text = |name: &str, number: usize| CelString::from(format!("{name}-{number}"));
    let group = |group: &usize| -> Box<dyn Val> { Box::new(text("group", *group)) };
    Request {
        asked: Asked::new(case, person),
        id: text("user", person.id),
        department: text("department", person.department),
        groups: CelList::from(person.groups.iter().map(group).collect::<Vec<_>>()),
        owner: text("user", case.owner),
        its_department: text("department", case.department),
        status: text("status", case.status),
        amount: CelInt::from(case.amount),
        path: CelString::from(format!("/area-{}/things/1", case.area)),
    }
}
