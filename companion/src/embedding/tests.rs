mod changes;
mod crowd;
mod embedder;
mod failures;
mod folder;
mod migrations;
mod rig;
mod speed;
