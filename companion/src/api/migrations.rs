use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::embedding::{Command, Declined, Migrations};

use super::Api;
use super::author::Author;
use super::problem::Problem;
use super::respond::json;
use super::waiting::look;

pub(super) async fn show(State(api): State<Api>) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &look(&api, Migrations::of).await?))
}

pub(super) async fn start(author: Author, State(api): State<Api>) -> Result<Response, Problem> {
    ask(&api, &author, Command::Migrate).await
}

pub(super) async fn cancel(author: Author, State(api): State<Api>) -> Result<Response, Problem> {
    ask(&api, &author, Command::Cancel).await
}

pub(super) async fn roll_back(author: Author, State(api): State<Api>) -> Result<Response, Problem> {
    ask(&api, &author, Command::RollBack).await
}

pub(super) async fn forget(author: Author, State(api): State<Api>) -> Result<Response, Problem> {
    ask(&api, &author, Command::Forget).await
}

async fn ask(api: &Api, Author(author): &Author, command: Command) -> Result<Response, Problem> {
    tracing::info!(author, ?command, "asked of policy search");
    api.searches.ask(command).await?;
    Ok(json(StatusCode::ACCEPTED, &look(api, Migrations::of).await?))
}

impl From<Declined> for Problem {
    fn from(declined: Declined) -> Self {
        let (status, code) = match &declined {
            Declined::Serves(_)
            | Declined::GoesOn(_)
            | Declined::NoMigration
            | Declined::NothingKept
            | Declined::NothingServes
            | Declined::NoLetter => (StatusCode::CONFLICT, "NOT_NOW"),
            Declined::Store(_) | Declined::Silent => (StatusCode::SERVICE_UNAVAILABLE, "SEARCH_UNAVAILABLE"),
        };
        Problem::new(status, code, declined.to_string())
    }
}
