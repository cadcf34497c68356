//! The floor: a lookup and closures over interned requests, about the least that code written for this workload alone does.

use bumpalo::Bump;

use super::lookup::{Asked, Lookup};
use super::workload::spec::Shape;
use super::workload::{Spec, Workload};

type Closure = Box<dyn Fn(&Request<'_>) -> bool>;

pub(crate) struct Floor<'a> {
    lookup: Lookup<Closure>,
    requests: Vec<Request<'a>>,
}

struct Request<'a> {
    asked: Asked,
    id: u32,
    owner: u32,
    amount: i64,
    path: &'a str,
    groups: u16,
    its_department: u8,
    department: u8,
    status: u8,
}

impl<'a> Floor<'a> {
    pub(crate) fn new(workload: &Workload, arena: &'a Bump) -> Self {
        let requests = workload.cases.iter().map(|case| {
            let person = &workload.people[case.person];
            Request {
                asked: Asked::new(case, person),
                id: u32::try_from(person.id).unwrap(),
                owner: u32::try_from(case.owner).unwrap(),
                amount: case.amount,
                path: arena.alloc_str(&format!("/area-{}/things/1", case.area)),
                groups: person.groups.iter().fold(0, |bits, group| bits | 1 << group),
                its_department: u8::try_from(case.department).unwrap(),
                department: u8::try_from(person.department).unwrap(),
                status: u8::try_from(case.status).unwrap(),
            }
        });
        Floor { lookup: Lookup::new(&workload.specs, closure), requests: requests.collect() }
    }

    #[inline]
    pub(crate) fn allows(&self, request: usize) -> bool {
        let request = &self.requests[request];
        self.lookup.allows(&request.asked, |condition| condition(request))
    }
}

fn closure(spec: &Spec) -> Option<Closure> {
    spec.shape.as_ref().map(|shape| -> Closure {
        match *shape {
            Shape::Owner => Box::new(|request| request.owner == request.id),
            Shape::DepartmentAndStatus(status) => Box::new(move |request| {
                request.department == request.its_department && usize::from(request.status) != status
            }),
            Shape::AmountAndGroup(amount, group) => {
                Box::new(move |request| request.amount < amount && request.groups & 1 << group != 0)
            }
            Shape::PathPrefix(area) => {
                let prefix = format!("/area-{area}/");
                Box::new(move |request| !request.path.starts_with(&prefix))
            }
        }
    })
}
