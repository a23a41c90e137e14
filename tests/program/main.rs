//! The program as its users meet it: commands, shipped studies, outputs; and the shape of the source tree.

mod architecture;
mod city_configs;
mod cli;
mod documentation;
mod dropped;
mod examples;
mod independence;
mod inspect;
mod jiangsu;
mod legends;
mod names;
mod plan_inputs;
mod plan_on_a_page;
mod qgis_project;
mod report;
mod scenarios;
#[path = "../support/mod.rs"]
mod support;
