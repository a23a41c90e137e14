//! What is measured on straight lines and regions: worked examples, plain twins, properties, and the contract of all metrics.

mod accessibility;
mod assignment;
mod attribute_share;
mod borders;
mod contract_metrics;
mod districts;
mod equity;
mod expected_load;
mod hazards;
mod inequality;
mod living_circle;
mod overlay_share;
mod planning;
mod referral;
mod served_share;
mod shelters;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;
