use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use crate::embedding::{Command, Declined, Migration, Phase, Searches};

use super::Api;
use super::author::Author;
use super::problem::Problem;
use super::respond::json;
use super::waiting::look;

/// Which models there are vectors of, and what becomes of them.
#[derive(Serialize)]
struct Migrations {
    /// The version that is configured.
    configured: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    serving: Option<Generation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    migration: Option<Underway>,
    /// What a rollback would go to.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<Generation>,
    /// Why no migration begins by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<String>,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Generation {
    generation: u64,
    version: String,
    stale: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Underway {
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    from: String,
    to: String,
    phase: Phase,
    done: usize,
    total: usize,
    /// Policies a second.
    rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_seconds: Option<f64>,
    dead: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    stuck: Option<String>,
}

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

impl Migrations {
    fn of(searches: &Searches) -> Self {
        let state = searches.state();
        Migrations {
            configured: searches.configured().to_string(),
            serving: state.serving.map(|serving| Generation {
                generation: serving.generation,
                version: serving.model.version.to_string(),
                stale: state.stale,
            }),
            migration: state.migration.map(Underway::from),
            kept: state.kept.map(|kept| Generation {
                generation: kept.generation,
                version: kept.version.to_string(),
                stale: kept.stale,
            }),
            held: state.held,
            problems: state.problems,
        }
    }
}

impl From<Migration> for Underway {
    fn from(migration: Migration) -> Self {
        let Migration { generation, from, to, phase, done, total, rate, remaining, dead, stuck } = migration;
        Underway {
            generation,
            from: from.to_string(),
            to: to.to_string(),
            phase,
            done,
            total,
            rate,
            remaining_seconds: remaining.map(|remaining| remaining.as_secs_f64()),
            dead,
            stuck,
        }
    }
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
