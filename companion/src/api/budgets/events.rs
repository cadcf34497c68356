use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::api::Api;
use crate::api::query::Asked;
use crate::api::respond::json;
use crate::budget::{Event, What};

use super::{After, Budget, Page, Used, page};

#[derive(Serialize)]
struct Events {
    events: Vec<Told>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

#[derive(Serialize)]
struct Told {
    number: u64,
    /// Seconds since 1970.
    at: u64,
    severity: &'static str,
    #[serde(flatten)]
    what: Kind,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Kind {
    Reached { share: u8, budget: Budget },
    Refused { asked: u64, budget: Budget },
    Overspent { id: String, model: String, held: Used, used: Used },
}

/// What operators should know of. Kept in memory, the latest alone.
pub(in crate::api) async fn events(State(api): State<Api>, Asked(asked): Asked<After>) -> Response {
    let most = page(asked.limit);
    let events = api.accounts.events(asked.after.unwrap_or(0), most.saturating_add(1));
    let Page { entries, next } = Page::cut(events, most, |event| event.number);
    json(StatusCode::OK, &Events { events: entries.into_iter().map(Told::from).collect(), next })
}

impl From<Event> for Told {
    fn from(Event { number, at, what }: Event) -> Self {
        let (severity, what) = match what {
            What::Reached { share, standing } => ("warning", Kind::Reached { share, budget: (&standing).into() }),
            What::Refused { standing, asked } => ("warning", Kind::Refused { asked, budget: (&standing).into() }),
            What::Overspent { id, model, held, used } => {
                ("critical", Kind::Overspent { id: id.to_string(), model, held: held.into(), used: used.into() })
            }
        };
        Told { number, at, severity, what }
    }
}
