use crate::http::{CanonicalPath, MAX_CAPTURES};
use crate::set::{PathTemplate, TemplateSegment};

use super::location::Mark;
use super::names::CAPTURE;
use super::printable::shown;

/// Longest path template, in bytes.
const MAX_LEN: usize = 2048;
/// Most segments of a path template.
const MAX_SEGMENTS: usize = 64;

/// What is wrong with a path template, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateProblem {
    pub(super) part: Mark,
    pub(super) message: String,
}

/// Parses a template such as `/v1/users/{userId}/files/{rest=**}`. It can be matched by canonical paths only, so what no
/// canonical path holds is refused.
pub(super) fn parse(template: &str) -> Result<PathTemplate, TemplateProblem> {
    let whole = Mark { start: 0, len: template.len() };
    let problem = |message: String| TemplateProblem { part: whole, message };
    if template.len() > MAX_LEN {
        return Err(problem(format!("the path is longer than {MAX_LEN} bytes")));
    }
    let Some(path) = template.strip_prefix('/') else {
        return Err(problem(format!("a path starts with `/`; write {}", shown(&format!("/{template}")))));
    };
    let mut parsed = PathTemplate { segments: Vec::new(), rest: false, captures: Vec::new() };
    let mut start = 1;
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        add(&mut parsed, segment, is_last)
            .map_err(|message| TemplateProblem { part: Mark { start, len: segment.len() }, message })?;
        start += segment.len() + 1;
    }
    if parsed.segments.len() > MAX_SEGMENTS {
        return Err(problem(format!("the path has more than {MAX_SEGMENTS} segments")));
    }
    if parsed.captures.len() > MAX_CAPTURES {
        return Err(problem(format!("the path has more than {MAX_CAPTURES} captures")));
    }
    Ok(parsed)
}

fn add(template: &mut PathTemplate, segment: &str, is_last: bool) -> Result<(), String> {
    let Some(capture) = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) else {
        literal(segment, is_last)?;
        template.segments.push(TemplateSegment::Literal(segment.to_owned()));
        return Ok(());
    };
    let (name, rest) = match capture.split_once('=') {
        None => (capture, false),
        Some((name, "**")) if is_last => (name, true),
        Some((name, "**")) => {
            return Err(format!("`{{{}=**}}` takes the rest of the path, so it must be its last segment", cut(name)));
        }
        Some((name, _)) => {
            let name = cut(name);
            return Err(format!("write `{{{name}}}` for one segment, or `{{{name}=**}}` for the rest of the path"));
        }
    };
    if let Some(refusal) = CAPTURE.refusal(name) {
        return Err(refusal);
    }
    if template.captures.iter().any(|known| known == name) {
        return Err(format!("the path has two captures called `{name}`; rename one of the two"));
    }
    template.captures.push(name.to_owned());
    match rest {
        true => template.rest = true,
        false => template.segments.push(TemplateSegment::Capture),
    }
    Ok(())
}

fn literal(segment: &str, is_last: bool) -> Result<(), String> {
    if segment.contains(['{', '}']) {
        return Err(format!(
            "{} mixes text and a capture; a capture such as `{{id}}` is a whole segment",
            shown(segment)
        ));
    }
    if segment.contains('*') && segment.bytes().all(|byte| byte == b'*') {
        return Err(
            "there are no bare wildcards; write `{name}` for one segment, or `{name=**}` for the rest".to_owned()
        );
    }
    match segment {
        "" if !is_last => return Err("the path has an empty segment (`//`); write one `/`".to_owned()),
        "." | ".." => return Err("dot segments never reach a route; write the path without them".to_owned()),
        _ => {}
    }
    match segment.chars().find(|character| !is_literal(*character)) {
        None => Ok(()),
        Some('%') => Err("write path literals without percent-encoding; use a capture where it is needed".to_owned()),
        Some(';') => Err("requests with path parameters (`;`) are refused, so no route can match one".to_owned()),
        Some('?' | '#') => Err("a path has no query or fragment; remove it".to_owned()),
        Some(other) => Err(format!(
            "{} cannot stand in a path; use letters, digits and `-._~!$&'()*+,=:@`, or a capture",
            shown(other.encode_utf8(&mut [0; 4]))
        )),
    }
}

/// Whether a canonical path holds it as it is; the letter keeps dots from being a segment of their own.
fn is_literal(character: char) -> bool {
    let is_syntax = matches!(character, '%' | '?' | '/');
    !is_syntax && CanonicalPath::parse(format!("/x{character}").as_bytes()).is_ok()
}

/// A name as messages repeat it inside other text.
fn cut(name: &str) -> String {
    shown(name).trim_matches('`').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_its_segments_and_captures() {
        let template = parse("/v1/users/{userId}/files/{rest=**}").unwrap();
        let literal = |text: &str| TemplateSegment::Literal(text.to_owned());
        assert_eq!(
            template,
            PathTemplate {
                segments: vec![literal("v1"), literal("users"), TemplateSegment::Capture, literal("files")],
                rest: true,
                captures: vec!["userId".to_owned(), "rest".to_owned()],
            }
        );
    }

    #[test]
    fn a_trailing_slash_is_an_empty_literal() {
        assert_eq!(parse("/").unwrap().segments, [TemplateSegment::Literal(String::new())]);
        assert_eq!(parse("/a/").unwrap().segments.len(), 2);
    }

    #[test]
    fn grpc_paths_are_plain_literals() {
        assert_eq!(parse("/shop.v1.Orders/Get").unwrap().segments.len(), 2);
    }

    #[test]
    fn what_no_canonical_path_holds_is_refused_at_its_place() {
        for (template, start) in [
            ("a", 0),
            ("/a//b", 3),
            ("/a/../b", 3),
            ("/a/%41", 3),
            ("/a;v=1", 1),
            ("/a?b", 1),
            ("/a/x{id}", 3),
            ("/{a}/{a}", 5),
            ("/{r=**}/a", 1),
            ("/{r=*}", 1),
            ("/{}", 1),
            ("/*", 1),
            ("/é", 1),
        ] {
            assert_eq!(parse(template).unwrap_err().part.start, start, "{template}");
        }
    }
}
