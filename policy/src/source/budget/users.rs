//! Limits of users that nobody is called by: they would limit nobody, and whoever they are meant for would go without.

use crate::identity::{ANONYMOUS, IdentitySource};
use crate::source::location::Place;
use crate::source::printable::shown;
use crate::source::report::{Problem, Report};

/// `users` are names, and patterns with `*`.
pub(super) fn check(users: &[(String, Place)], sources: &[IdentitySource], report: &mut Report<'_>) {
    let begins: Vec<String> = sources.iter().map(|source| format!("{}/", source.name)).collect();
    for (user, place) in users {
        let problem = match &*begins {
            [] => continue,
            [only] => user.strip_prefix(&**only).filter(|id| !is_anonymous(id)).map(|id| {
                let message = format!("no user is called {}: there is one identity source", shown(user));
                Problem::new(message).help(format!("users are called by their ids then: write {}", shown(id)))
            }),
            [first, ..] => (!may_be(user, &begins)).then(|| {
                let message = format!("no user is called {}: there are several identity sources", shown(user));
                let help = format!("users are called by their source and their id then, such as `{first}{user}`");
                Problem::new(message).help(help)
            }),
        };
        if let Some(problem) = problem {
            report.refuse(*place, problem);
        }
    }
}

/// An identity that says it is nobody is named with its source, too.
fn is_anonymous(id: &str) -> bool {
    id == ANONYMOUS
}

/// Whether a name that begins in one of these ways may be this one, or fit this pattern.
fn may_be(user: &str, begins: &[String]) -> bool {
    match user.split_once('*') {
        None => user == ANONYMOUS || begins.iter().any(|begin| user.starts_with(&**begin)),
        Some((before, _)) => {
            let fits = |begin: &str| before.starts_with(begin) || begin.starts_with(before);
            ANONYMOUS.starts_with(before) || begins.iter().any(|begin| fits(begin))
        }
    }
}
