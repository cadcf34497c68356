mod body;
mod check;
mod inputs;
mod path;
mod route;
mod scope;
