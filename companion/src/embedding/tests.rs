mod changes;
mod embedder;
mod rig;
