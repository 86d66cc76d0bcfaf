//! The driver: the whole pipeline on one screen.
