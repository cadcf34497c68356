use std::collections::HashMap;

use crate::set::{Route, TemplateSegment};

use super::location::Place;
use super::report::{Problem, Report};
use super::route::Declared;

/// Reports routes that match a same request with neither more specific: same host or both any, same shape of path, same
/// method or both any. Everything else is ordered: a listed host over any, then, segment by segment from the left, a
/// literal over a capture over the rest of the path, then a listed method over any.
pub(super) fn check(routes: &[Declared], report: &mut Report<'_>) {
    let mut shapes: HashMap<Shape<'_>, HashMap<Request<'_>, Place>> = HashMap::new();
    for Declared { route, path, .. } in routes {
        let requests = shapes.entry(shape(route)).or_default();
        let mut clash = None;
        for host in any_or_each(&route.hosts) {
            for method in any_or_each(&route.methods) {
                let first = *requests.entry(Request { host, method }).or_insert(*path);
                if first != *path && clash.is_none() {
                    clash = Some((first, host, method));
                }
            }
        }
        if let Some((first, host, method)) = clash {
            let requests = format!("{} on {}", method.unwrap_or("any method"), host.unwrap_or("any host"));
            let problem = Problem::new(format!("requests for this path ({requests}) also match the route at"))
                .other(first, ", and neither is more specific; change the path, methods or hosts of one")
                .help("a listed host goes before any, then a literal before a capture before the rest, then a listed method before any");
            report.refuse(*path, problem);
        }
    }
}

/// What two paths must share to match the same requests without one being more specific.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'r> {
    /// Absent: a capture.
    segments: Vec<Option<&'r str>>,
    rest: bool,
}

/// Absent: any.
#[derive(PartialEq, Eq, Hash)]
struct Request<'r> {
    host: Option<&'r str>,
    method: Option<&'r str>,
}

fn shape(route: &Route) -> Shape<'_> {
    let segments = route.path.segments.iter().map(|segment| match segment {
        TemplateSegment::Literal(text) => Some(text.as_str()),
        TemplateSegment::Capture => None,
    });
    Shape { segments: segments.collect(), rest: route.path.rest }
}

fn any_or_each(names: &[String]) -> impl Iterator<Item = Option<&str>> {
    let any = names.is_empty().then_some(None);
    any.into_iter().chain(names.iter().map(|name| Some(name.as_str())))
}
