use super::mapping::listed;
use super::node::Node;
use super::printable::shown;
use super::report::{InFile, Problem};
use super::suggest::closest;
use super::value::text;

/// Methods that routes may list: RFC 9110, PATCH, QUERY and WebDAV's. Methods are case-sensitive, and a misspelt one would
/// never match.
const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
];

pub(super) fn read(node: &Node<'_>, file: &mut InFile<'_, '_>) -> Option<String> {
    let method = text(node, "an item of `methods`", file)?;
    if METHODS.contains(&method) {
        return Some(method.to_owned());
    }
    let problem = if method == "*" {
        Problem::new("there is no wildcard for methods; leave `methods` out to match every method")
    } else {
        let meant = closest(method, METHODS.iter().copied()).map(|meant| format!("; write `{meant}`"));
        let message = format!("{} is not a method{}", shown(method), meant.unwrap_or_default());
        Problem::new(message).help(format!("the methods are {}, in upper case", listed(METHODS)))
    };
    file.refuse(node.at, problem);
    None
}
