//! The messages between plugins and companions, and their clients.

#![expect(missing_docs, clippy::allow_attributes_without_reason, reason = "generated code")]

tonic::include_proto!("tollgate.v1");
