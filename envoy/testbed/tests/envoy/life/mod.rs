//! Starts, stops, edits and damage: what workers decide with, whatever happens to where it comes from.

mod site;

mod damage;
mod edits;
mod outage;
mod restart;
