mod body;
mod budget;
mod check;
mod inputs;
mod path;
mod route;
mod scope;
