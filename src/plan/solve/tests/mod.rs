//! What is measured by hand, and what is tried by brute force.

#![allow(clippy::cast_precision_loss, reason = "ratios for people to read")]

mod brute;
mod generate;
mod quality;
