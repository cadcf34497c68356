mod changes;
mod embedder;
mod rig;
mod speed;
