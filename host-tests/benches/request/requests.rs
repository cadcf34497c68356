use crate::metadata::{boolean, claims, list, number, string};

/// How a request says who asks.
#[derive(Clone, Copy)]
pub(crate) enum Identity {
    /// By headers that everyone may set.
    Headers,
    /// By the claims of a verified token in dynamic metadata.
    Token,
}

/// A request, as a browser would send it, of an editor of department 3.
pub(crate) struct Request {
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) properties: Vec<(&'static [&'static str], Vec<u8>)>,
    pub(crate) allowed: bool,
}

impl Identity {
    pub(crate) const ALL: [Identity; 2] = [Identity::Headers, Identity::Token];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Identity::Headers => "headers",
            Identity::Token => "jwt",
        }
    }
}

impl Request {
    /// One that a policy with a condition allows.
    pub(crate) fn allowed(identity: Identity) -> Self {
        Self::of("/kind-1000/users/user-17/things/4711", true, identity)
    }

    /// One that meets the condition of the same policy and fails it.
    pub(crate) fn denied(identity: Identity) -> Self {
        Self::of("/kind-1000/users/user-18/things/4711", false, identity)
    }

    fn of(path: &'static str, allowed: bool, identity: Identity) -> Self {
        let mut headers = vec![
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "api.example.com"),
            (":path", path),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"),
            ("accept", "application/json, text/plain, */*"),
            ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
            ("accept-encoding", "gzip, deflate, br, zstd"),
            ("referer", "https://app.example.com/things"),
            ("cache-control", "no-cache"),
            ("x-forwarded-for", "10.1.2.3"),
            ("x-forwarded-proto", "https"),
            ("x-request-id", "6e6e8a9c-3a5b-4bd2-9a3e-0c0f5f7c9a10"),
        ];
        let mut properties: Vec<(&[&str], Vec<u8>)> = Vec::new();
        match identity {
            Identity::Headers => headers.extend([("x-user", "user-17"), ("x-user-roles", "role-3,role-11")]),
            Identity::Token => {
                headers.extend([("authorization", "Bearer (taken off by jwt_authn)"), ("traceparent", "00-1-1-00")]);
                properties.push((&["metadata"], token()));
            }
        }
        Request { headers, properties, allowed }
    }
}

/// The claims of an ordinary token.
fn token() -> Vec<u8> {
    claims(&[
        ("iss", string("https://login.example.com/realms/main")),
        ("aud", string("api.example.com")),
        ("sub", string("user-17")),
        ("iat", number(1_790_000_000.0)),
        ("exp", number(1_790_000_300.0)),
        ("jti", string("3d8f7a52-0d0f-4d4c-8b43-5b7f0d3a9a77")),
        ("email", string("user-17@example.com")),
        ("email_verified", boolean(true)),
        ("name", string("Someone Ordinary")),
        ("department", string("department-3")),
        ("roles", list(&[string("role-3"), string("role-11")])),
        ("groups", list(&[string("group-1"), string("group-4"), string("group-9")])),
    ])
}
