use anyhow::Result;
use tollgate_testbed::TestbedOptions;
use crate::gate::*;

#[test]
fn explore() -> Result<()> {
    let t = start(TestbedOptions { policies: policies("hostile"), without_jwt: Some("/open/raw/".into()), ..Default::default() })?;
    let last = std::cell::Cell::new(std::time::Instant::now()); let show = |what: &str, a: Result<Answer>| { let e = last.replace(std::time::Instant::now()).elapsed().as_millis(); if e > 100 { println!("SLOW {what} {e}"); } match a {
        Ok(Answer::Passed(s)) => println!("{what:50} PASS {} {} {:?}", s.method, s.path, s.headers.iter().filter(|(n,_)| n!="x-request-id" && n!="x-forwarded-proto" && n != "x-envoy-expected-rq-timeout-ms").take(12).map(|(a,b)| (a.clone(), b.chars().take(40).collect::<String>())).collect::<Vec<_>>()),
        Ok(a) => println!("{what:50} {a:?}"),
        Err(e) => println!("{what:50} ERR {e:#}"),
    }};
    for p in ["/open/a", "/open/..%2fadmin", "/open/%2e%2e/admin/x", "/open/../admin/x", "/open/%2e%2e%2fadmin", "/open/a%00b", "/open//a", "//open/a", "/open/a\\b", "/open/a%5cb", "/open/a;p=1", "/open/a;/b", "/open/a%3bb", "/open/a/", "/open/", "/open", "/files/a/", "/files//a", "/open/a%41", "/open/%e4", "/open/%C3%A4", "/open/%ff%fe", "/open/a%2", "/open/a%zz", "/open/a#frag", "/open/a?x=../../admin", "/open/a?x=%00", "/open/a%23b", "/open/a%3fb", "/open/a%25%32%66b", "/open/a%252fb", "/open/a b", "/open/a|b", "/open/a\"b", "/open/./a", "/open/...//a", "/open/.../a", "/open/a%20b", "/Open/a", "/open/a%7Eb", "/open/a/..;/b", "*", "open/a", "http://t/open/a", "http://other.example/admin/x", "http://t/admin/../open/a", "http://user:pw@t/open/a", "http://t", "/%2e/open/a", "/open/a?", "/open/%u002e", "/open/%c0%ae%c0%ae/admin", "/admin/x", "/files/a"] {
        show(p, send(&t, format!("GET {p} HTTP/1.1\r\nhost: t\r\n\r\n").as_bytes()));
    }
    for h in ["T", "T:80", "t:8080", "t.", "t.:80", "office.example", "OFFICE.example:99", "office.example.", "u@office.example", "office.example@t", "t:", "t:abc", "t:99999", "[::1]", "[::1]:8", "[::1", "", "t/open", "t t", "t,office.example", "\u{e9}", "office%2eexample", "127.0.0.1"] {
        show(&format!("host {h}"), send(&t, format!("GET /open/a HTTP/1.1\r\nhost: {h}\r\n\r\n").as_bytes()));
    }
    let raw: Vec<(&str, Vec<u8>)> = vec![
        ("no host", b"GET /open/a HTTP/1.1\r\n\r\n".to_vec()),
        ("two hosts", b"GET /open/a HTTP/1.1\r\nhost: t\r\nhost: office.example\r\n\r\n".to_vec()),
        ("http/1.0", b"GET /open/a HTTP/1.0\r\n\r\n".to_vec()),
        ("http/0.9", b"GET /open/a\r\n\r\n".to_vec()),
        ("abs with other host", b"GET http://office.example/open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("nonutf8 value", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-free: \xff\xfe\r\n\r\n".to_vec()),
        ("nonutf8 read value", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-campaign: \xff\xfe\r\n\r\n".to_vec()),
        ("nonutf8 beta value", b"GET /files/a HTTP/1.1\r\nhost: t\r\nx-beta: \xff\xfe\r\n\r\n".to_vec()),
        ("nonutf8 path", b"GET /open/\xff HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("nul value", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-free: a\0b\r\n\r\n".to_vec()),
        ("nonutf8 auth", b"GET /files/a HTTP/1.1\r\nhost: t\r\nauthorization: Bearer \xff\xfe\r\n\r\n".to_vec()),
        ("dup auth", b"GET /files/a HTTP/1.1\r\nhost: t\r\nauthorization: Bearer x\r\nauthorization: Bearer y\r\n\r\n".to_vec()),
        ("dup campaign", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-campaign: a\r\nx-campaign: b\r\n\r\n".to_vec()),
        ("dup free", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-free: a\r\nx-free: b\r\n\r\n".to_vec()),
        ("blocked", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-campaign: blocked\r\n\r\n".to_vec()),
        ("upper name", b"GET /open/a HTTP/1.1\r\nhost: t\r\nX-CampaigN: blocked\r\n\r\n".to_vec()),
        ("obs-fold", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-campaign: a\r\n blocked\r\n\r\n".to_vec()),
        ("space colon", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-campaign : blocked\r\n\r\n".to_vec()),
        ("empty name", b"GET /open/a HTTP/1.1\r\nhost: t\r\n: blocked\r\n\r\n".to_vec()),
        ("pseudo h1", b"GET /open/a HTTP/1.1\r\nhost: t\r\n:path: /admin/x\r\n\r\n".to_vec()),
        ("override", b"GET /open/a HTTP/1.1\r\nhost: t\r\nX-HTTP-Method-Override: DELETE\r\n\r\n".to_vec()),
        ("orig url", b"GET /open/a HTTP/1.1\r\nhost: t\r\nX-Original-URL: /admin/x\r\n\r\n".to_vec()),
        ("rewrite", b"GET /open/a HTTP/1.1\r\nhost: t\r\nX-Rewrite-URL: /admin/x\r\n\r\n".to_vec()),
        ("envoy orig path", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-envoy-original-path: /admin/x\r\n\r\n".to_vec()),
        ("envoy internal", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-envoy-internal: true\r\nx-envoy-upstream-alt-stat-name: z\r\nx-forwarded-for: 1.2.3.4\r\nx-forwarded-host: office.example\r\nforwarded: host=office.example\r\nx-forwarded-prefix: /admin\r\n\r\n".to_vec()),
        ("xfcc", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-forwarded-client-cert: URI=spiffe://x\r\n\r\n".to_vec()),
        ("spoof fwd", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-tollgate-principal: root\r\nX-Tollgate-Roles: admin\r\nx-tollgate-policy: z\r\n\r\n".to_vec()),
        ("spoof underscore", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx_tollgate_principal: root\r\n\r\n".to_vec()),
        ("te+cl", b"POST /open/a HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("two cl", b"POST /open/a HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd".to_vec()),
        ("same cl", b"POST /open/a HTTP/1.1\r\nhost: t\r\ncontent-length: 4\r\ncontent-length: 4\r\n\r\nabcd".to_vec()),
        ("cl list", b"POST /open/a HTTP/1.1\r\nhost: t\r\ncontent-length: 4, 4\r\n\r\nabcd".to_vec()),
        ("neg cl", b"POST /open/a HTTP/1.1\r\nhost: t\r\ncontent-length: -4\r\n\r\nabcd".to_vec()),
        ("plus cl", b"POST /open/a HTTP/1.1\r\nhost: t\r\ncontent-length: +4\r\n\r\nabcd".to_vec()),
        ("te xchunked", b"POST /open/a HTTP/1.1\r\nhost: t\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("te gzip,chunked", b"POST /open/a HTTP/1.1\r\nhost: t\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("te chunked,identity", b"POST /open/a HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n".to_vec()),
        ("te twice", b"POST /open/a HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("te 1.0", b"POST /open/a HTTP/1.0\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("te hdr", b"GET /open/a HTTP/1.1\r\nhost: t\r\nte: trailers, deflate\r\nconnection: te\r\n\r\n".to_vec()),
        ("chunked ok", b"POST /open/a HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\nx-campaign: blocked\r\n\r\n".to_vec()),
        ("bad chunk", b"POST /open/a HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabcd\r\n0\r\n\r\n".to_vec()),
        ("conn strips", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-campaign: blocked\r\nconnection: x-campaign\r\n\r\n".to_vec()),
        ("conn strips auth", b"GET /files/a HTTP/1.1\r\nhost: t\r\nconnection: x-tollgate-principal, authorization\r\n\r\n".to_vec()),
        ("upgrade h2c", b"GET /open/a HTTP/1.1\r\nhost: t\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n".to_vec()),
        ("upgrade ws", b"GET /open/a HTTP/1.1\r\nhost: t\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n".to_vec()),
        ("expect", b"POST /open/a HTTP/1.1\r\nhost: t\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\nabcd".to_vec()),
        ("CONNECT", b"CONNECT t:443 HTTP/1.1\r\nhost: t:443\r\n\r\n".to_vec()),
        ("CONNECT path", b"CONNECT /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("OPTIONS open", b"OPTIONS /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("OPTIONS preflight", b"OPTIONS /files/a HTTP/1.1\r\nhost: t\r\norigin: http://x\r\naccess-control-request-method: GET\r\n\r\n".to_vec()),
        ("TRACE", b"TRACE /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("PRI", b"PRI * HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("get lower", b"get /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("FOO", b"FOO /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("M-SEARCH", b"M-SEARCH /admin/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("lf only", b"GET /open/a HTTP/1.1\nhost: t\n\n".to_vec()),
        ("cr in value", b"GET /open/a HTTP/1.1\r\nhost: t\r\nx-free: a\rb\r\n\r\n".to_vec()),
        ("leading crlf", b"\r\n\r\nGET /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("tab sep", b"GET\t/open/a\tHTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
        ("two spaces", b"GET  /open/a HTTP/1.1\r\nhost: t\r\n\r\n".to_vec()),
    ];
    for (n, b) in &raw { show(n, send(&t, b)); }
    let mut many = b"GET /open/a HTTP/1.1\r\nhost: t\r\n".to_vec();
    for i in 0..90 { many.extend(format!("x-h{i}: v\r\n").bytes()); }
    let mut m90 = many.clone(); m90.extend(b"\r\n");
    show("92 headers", send(&t, &m90));
    for i in 90..200 { many.extend(format!("x-h{i}: v\r\n").bytes()); }
    many.extend(b"\r\n");
    show("200 headers", send(&t, &many));
    for n in [50_000, 59_000, 64*1024, 200_000] {
        show(&format!("header {n}"), send(&t, format!("GET /open/a HTTP/1.1\r\nhost: t\r\nx-big: {}\r\n\r\n", "a".repeat(n)).as_bytes()));
        show(&format!("path {n}"), send(&t, format!("GET /open/{} HTTP/1.1\r\nhost: t\r\n\r\n", "a".repeat(n)).as_bytes()));
    }
    println!("--- h2");
    let base: [(&[u8], &[u8]); 4] = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"t"), (b":path", b"/open/a")];
    fn ext<'a>(base: &[(&'a [u8], &'a [u8])], extra: &[(&'a [u8], &'a [u8])]) -> Vec<(&'a [u8], &'a [u8])> { [base, extra].concat() }
    let repl = |name: &[u8], value: &'static [u8]| { let mut v = base.to_vec(); for f in &mut v { if f.0 == name { f.1 = value } } v };
    let wo = |name: &[u8]| base.iter().copied().filter(|f| f.0 != name).collect::<Vec<_>>();
    show("h2 plain", fields(&t, &base));
    for p in [&b"/open/..%2fadmin"[..], b"/open/%2e%2e/admin/x", b"/open/a%00b", b"/open//a", b"/open/a\\b", b"/open/a;b", b"open/a", b"*", b"", b"http://t/admin/x", b"/open/\xff", b"/open/a b", b"/open/a#b", b"/open/a\0b", b"/open/a\r\nx: y", b"//admin/x", b"/open/\xc3\xa4"] {
        let v: Vec<_> = base.iter().map(|f| if f.0 == b":path" { (f.0, p) } else { *f }).collect();
        show(&format!("h2 path {:?}", String::from_utf8_lossy(p)), fields(&t, &v));
    }
    show("h2 two paths", fields(&t, &ext(&base, &[(b":path", b"/admin/x")])));
    show("h2 path after regular", fields(&t, &[base[0], base[1], base[2], (b"x-a", b"b"), base[3]]));
    show("h2 two methods", fields(&t, &ext(&base, &[(b":method", b"DELETE")])));
    show("h2 unknown pseudo", fields(&t, &ext(&base, &[(b":secret", b"x")])));
    show("h2 :status", fields(&t, &ext(&base, &[(b":status", b"200")])));
    for n in [&b":path"[..], b":method", b":scheme", b":authority"] { show(&format!("h2 without {}", String::from_utf8_lossy(n)), fields(&t, &wo(n))); }
    show("h2 host only", fields(&t, &{ let mut v = wo(b":authority"); v.push((b"host", b"office.example")); v }));
    show("h2 host differs", fields(&t, &ext(&base, &[(b"host", b"office.example")])));
    show("h2 two authority", fields(&t, &ext(&base, &[(b":authority", b"office.example")])));
    show("h2 upper authority", fields(&t, &repl(b":authority", b"OFFICE.example:80")));
    show("h2 dot authority", fields(&t, &repl(b":authority", b"office.example.")));
    show("h2 userinfo", fields(&t, &repl(b":authority", b"u@office.example")));
    show("h2 scheme odd", fields(&t, &repl(b":scheme", b"ftp")));
    show("h2 method lower", fields(&t, &repl(b":method", b"get")));
    show("h2 method bad", fields(&t, &repl(b":method", b"G ET")));
    show("h2 connect", fields(&t, &[(b":method", b"CONNECT"), (b":authority", b"t:443")]));
    show("h2 ext connect", fields(&t, &[(b":method", b"CONNECT"), (b":protocol", b"websocket"), (b":scheme", b"http"), (b":authority", b"t"), (b":path", b"/open/a")]));
    show("h2 protocol GET", fields(&t, &ext(&base, &[(b":protocol", b"websocket")])));
    show("h2 upper name", fields(&t, &ext(&base, &[(b"X-Campaign", b"blocked")])));
    show("h2 connection", fields(&t, &ext(&base, &[(b"connection", b"x-campaign"), (b"x-campaign", b"blocked")])));
    show("h2 te", fields(&t, &ext(&base, &[(b"transfer-encoding", b"chunked")])));
    show("h2 te gzip", fields(&t, &ext(&base, &[(b"te", b"gzip")])));
    show("h2 cl", fields(&t, &ext(&base, &[(b"content-length", b"5")])));
    show("h2 nonutf8", fields(&t, &ext(&base, &[(b"x-free", b"\xff\xfe")])));
    show("h2 nonutf8 read", fields(&t, &ext(&base, &[(b"x-campaign", b"\xff\xfe")])));
    show("h2 crlf value", fields(&t, &ext(&base, &[(b"x-free", b"a\r\nx-tollgate-principal: root")])));
    show("h2 nul value", fields(&t, &ext(&base, &[(b"x-free", b"a\0b")])));
    show("h2 name with colon", fields(&t, &ext(&base, &[(b"x:y", b"b")])));
    show("h2 name space", fields(&t, &ext(&base, &[(b"x y", b"b")])));
    show("h2 empty name", fields(&t, &ext(&base, &[(b"", b"b")])));
    show("h2 underscore", fields(&t, &ext(&base, &[(b"x_tollgate_principal", b"root")])));
    show("h2 spoof", fields(&t, &ext(&base, &[(b"x-tollgate-principal", b"root")])));
    show("h2 dup read", fields(&t, &ext(&base, &[(b"x-campaign", b"a"), (b"x-campaign", b"b")])));
    show("h2 override", fields(&t, &ext(&base, &[(b"x-http-method-override", b"DELETE")])));
    let names: Vec<String> = (0..200).map(|i| format!("x-h{i}")).collect();
    let v: Vec<_> = base.iter().copied().chain(names.iter().map(|n| (n.as_bytes(), &b"v"[..]))).collect();
    show("h2 204", fields(&t, &v)); show("h2 94", fields(&t, &v[..94]));
    let big = vec![b'a'; 64*1024];
    show("h2 64k", fields(&t, &ext(&base, &[(b"x-big", &big)])));
    show("h2 50k", fields(&t, &ext(&base, &[(b"x-big", &big[..50_000])])));
    println!("reloads {}", t.envoy.vm_reloads()?);
    Ok(())
}
