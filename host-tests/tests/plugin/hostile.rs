//! Requests that no well-meaning client sends, and header maps that no sound proxy has.

use crate::metadata::person;
use crate::plugin::{EXPLAINING, Plugin};
use crate::policies::{ANYONE, TOKEN, documents};
use crate::request::Request;

fn plugin() -> Plugin {
    Plugin::deciding(EXPLAINING, &documents(&[TOKEN, ANYONE]))
}

fn document() -> Request {
    Request::get("/documents/1").metadata(person("ann", "editor"))
}

fn at(path: &[u8]) -> Request {
    let request = Request::empty().header(":method", "GET").header(":authority", "example.com").header(":path", path);
    request.metadata(person("ann", "editor"))
}

fn without(name: &str) -> Request {
    let mut request = document();
    request.headers.retain(|(present, _)| present != name.as_bytes());
    request
}

#[test]
fn names_and_values_that_are_not_utf8_do_no_harm() {
    let mut plugin = plugin();
    let odd = document().header(b"x-\xff", "v").header("x-v", b"\xff\xfe").header(b"\xc3\x28", b"\0\xf0\x28\x8c\x28");
    let upstream = plugin.ask(&odd).upstream();
    assert_eq!(*upstream.get("x-v").unwrap(), b"\xff\xfe");
    let where_it_matters = Request::get("/documents/1").header("x-user", b"\xff").header("x-user-roles", "editor");
    assert_eq!(plugin.ask(&where_it_matters).status(), 401);
}

#[test]
fn many_headers_do_no_harm() {
    let many = (0..200).fold(document(), |request, number| request.header(format!("x-{number}"), "v"));
    assert_eq!(plugin().ask(&many).upstream().len(), 203);
    let same = (0..1000).fold(document(), |request, _| request.header("x-same", "v"));
    assert!(plugin().ask(&same).is_allowed());
}

#[test]
fn large_headers_do_no_harm() {
    let value = vec![b'v'; 64 << 10];
    assert!(plugin().ask(&document().header("x-large", &value)).is_allowed());
    assert!(plugin().ask(&document().header(&value, "v")).is_allowed());
    let id = Request::get("/documents/1").header("x-user", &value).header("x-user-roles", "editor");
    assert!(plugin().ask(&id).is_allowed());
    let path = [b"/documents/", &value[..]].concat();
    assert!(plugin().ask(&at(&path)).is_allowed());
    let slashes = [b"/documents", "/v".repeat(32 << 10).as_bytes()].concat();
    assert_eq!(plugin().ask(&at(&slashes)).status(), 403);
}

#[test]
fn a_request_without_one_of_the_pseudo_headers_is_invalid() {
    for name in [":method", ":path", ":authority"] {
        let answer = plugin().ask(&without(name));
        assert_eq!((answer.status(), &*answer.code()), (400, "INVALID_REQUEST"), "{name}");
    }
}

#[test]
fn a_request_without_any_header_is_invalid() {
    assert_eq!(plugin().ask(&Request::empty()).status(), 400);
    assert_eq!(plugin().ask(&Request::empty().metadata(person("ann", "editor"))).status(), 400);
    assert_eq!(plugin().ask(&Request::empty().header("", "")).status(), 400);
}

#[test]
fn a_repeated_pseudo_header_is_invalid() {
    for (name, value) in [(":path", "/documents/1"), (":path", "/pages/1"), (":method", "GET"), (":authority", "a")] {
        assert_eq!(plugin().ask(&document().header(name, value)).status(), 400, "{name}");
    }
}

#[test]
fn empty_pseudo_headers_are_invalid() {
    for name in [":method", ":path", ":authority"] {
        assert_eq!(plugin().ask(&without(name).header(name, "")).status(), 400, "{name}");
    }
}

#[test]
fn paths_with_more_than_one_reading_are_invalid() {
    let mut plugin = plugin();
    for path in [
        &b"documents/1"[..],
        b"*",
        b"http://example.com/documents/1",
        b"//documents/1",
        b"/documents//1",
        b"/documents/../documents/1",
        b"/documents/./1",
        b"/documents/%2e%2e/1",
        b"/documents/a%2fb",
        b"/documents/a%5cb",
        b"/documents/a\\b",
        b"/documents/a%00",
        b"/documents/a\0",
        b"/documents/%",
        b"/documents/%4",
        b"/documents/%zz",
        b"/documents/%41",
        b"/documents/%ff",
        b"/documents/\xff",
        b"/documents/\xc3\xa9",
        b"/documents/a;b=c",
        b"/documents/a#b",
        b"/documents/a b",
        b"/documents/a\tb",
        b"/documents/a\r\nx: y",
    ] {
        let answer = plugin.ask(&at(path));
        assert_eq!((answer.status(), &*answer.code()), (400, "INVALID_REQUEST"), "{}", path.escape_ascii());
    }
    for path in [&b"/documents/1"[..], b"/documents/1?a=b&c=%2e%2e", b"/documents/a%20b", b"/documents/%C3%A9"] {
        assert!(plugin.ask(&at(path)).is_allowed(), "{}", path.escape_ascii());
    }
}

#[test]
fn methods_are_not_guessed() {
    let mut plugin = plugin();
    let with = |method: &[u8]| without(":method").header(":method", method);
    for method in [&b"get"[..], b"DELETE", b"GETX", b"HEAD", b"OPTIONS", b"CONNECT"] {
        assert_eq!(plugin.ask(&with(method)).status(), 403, "{}", method.escape_ascii());
    }
    for method in [&b" GET"[..], b"GET ", b"GET\0", b"G\xff", b"GET\r\n"] {
        assert_eq!(plugin.ask(&with(method)).status(), 400, "{}", method.escape_ascii());
    }
}

#[test]
fn headers_that_would_have_another_request_acted_on_are_refused() {
    for name in ["x-http-method-override", "X-HTTP-Method", "x-method-override", "x-original-url", "x-rewrite-url"] {
        assert_eq!(plugin().ask(&document().header(name, "DELETE")).status(), 400, "{name}");
    }
}

#[test]
fn a_client_learns_only_what_the_operator_lets_it() {
    let explained = plugin().ask(&Request::get("/documents/1").metadata(person("vic", "viewer"))).problem();
    assert_eq!(explained["reason"], "no policy allows this action to the principal's roles");
    let denied = crate::metadata::claims(&[
        ("sub", crate::metadata::string("ann")),
        ("roles", crate::metadata::string("editor")),
        ("locked", crate::metadata::string("1")),
    ]);
    let explained = plugin().ask(&Request::get("/documents/1").metadata(denied)).problem();
    assert_eq!(explained["policy"], "documents-locked");
}
