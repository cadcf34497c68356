//! The workload's requests, as bytes.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::claims;
use crate::variant::Identity;
use crate::workload::{Request, department, role, user};

/// A list of them, under one kind of identity.
#[derive(Debug)]
pub(crate) struct Requests {
    /// Each as a whole: none has a body.
    pub(crate) heads: Vec<String>,
    /// All of them, one after the other.
    pub(crate) file: PathBuf,
}

impl Requests {
    /// Writes them to `file`, too.
    pub(crate) fn new(requests: &[Request], identity: Identity, file: PathBuf) -> Result<Self> {
        let heads: Vec<String> = requests.iter().map(|request| head(request, identity)).collect();
        fs::write(&file, heads.concat())?;
        Ok(Requests { heads, file })
    }
}

fn head(request: &Request, identity: Identity) -> String {
    let person = &request.person;
    let who = match identity {
        Identity::Headers => {
            let roles: Vec<String> = person.roles.iter().copied().map(role).collect();
            format!("x-user-id: {}\r\nx-user-roles: {}\r\n", user(person.id), roles.join(","))
        }
        Identity::Claims => format!("x-claims: {}\r\n", claims::header(person)),
    };
    format!(
        "{} {} HTTP/1.1\r\nhost: things.example\r\nuser-agent: bench/1.0 (a client like others)\r\naccept: application/json\r\n\
         accept-encoding: gzip, br\r\nx-department: {}\r\n{who}\r\n",
        request.action.method,
        request.path(),
        department(person.department),
    )
}
