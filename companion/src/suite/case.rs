use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tollgate_policy::identity::PrincipalClaims;

use crate::ask::{Circumstances, HttpRequest, ResourceFixture};

use super::Expectation;

/// A file of tests.
#[derive(Debug)]
pub(crate) struct Suite {
    /// Name of the file.
    pub(crate) file: String,
    /// Files and folders of the policy set that is tested, relative to the suite's folder.
    pub(crate) policies: Vec<PathBuf>,
    pub(crate) tests: Vec<Test>,
}

/// A named table of cases.
#[derive(Debug)]
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) cases: Vec<Case>,
}

/// One question, and the answer that is expected of it.
#[derive(Debug)]
pub(crate) struct Case {
    /// Line of the expectation, or of the test where it has none.
    pub(crate) line: usize,
    pub(crate) principal: Named<Option<PrincipalClaims>>,
    pub(crate) question: Question,
    pub(crate) circumstances: Circumstances,
    pub(crate) expected: Option<Expectation>,
}

/// A fixture, and what the suite calls it.
#[derive(Debug)]
pub(crate) struct Named<T> {
    pub(crate) name: Arc<str>,
    pub(crate) value: Arc<T>,
}

impl<T> Clone for Named<T> {
    fn clone(&self) -> Self {
        Named { name: self.name.clone(), value: self.value.clone() }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// Whether an action on a resource is allowed; conditions may read a request beside it.
    Resource { action: Arc<str>, resource: Named<ResourceFixture>, request: Option<Arc<HttpRequest>> },
    /// What becomes of a request on its way through the routes.
    Request(Named<HttpRequest>),
}

/// `alice, edit, plan` or `alice, GET /v1/plans/1`.
impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.principal.name)?;
        match &self.question {
            Question::Resource { action, resource, .. } => write!(f, "{action}, {}", resource.name),
            Question::Request(request) => {
                let HttpRequest { method, target, .. } = &*request.value;
                write!(f, "{method} {target}")
            }
        }
    }
}
