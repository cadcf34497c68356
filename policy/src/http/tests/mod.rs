mod check;
mod path;
mod route;
