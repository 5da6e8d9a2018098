//! REST calls: paths, queries, bodies and forms.

pub use otc_relay::fuzzing::rest as check;
