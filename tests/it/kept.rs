//! What the first pass of one run leaves for the next: with it everything comes out as without, at another time, too.

use buhin::compile::{self, Options};
use buhin::render::{Empty, RenderOptions};
use buhin::world::{Cache, Memory};
use camino::Utf8Path;

use super::beside::{Chosen, FILES, PLACES, State, dice, plain, told};

/// All that can be told of a state: nodes, what there is to say, what is printed.
fn outcome(world: Memory, command: &str, chosen: &Chosen) -> String {
    let state = State::within(world, chosen);
    let render = RenderOptions { which: command.to_owned(), ..RenderOptions::default() };
    let resolved = compile::resolve(&state.project, &state.world, Options { render, ..Options::default() });
    let rendered = compile::render(&resolved.value, None, &Empty);
    let said = format!("{:?}\n{:?}", resolved.diagnostics, rendered.diagnostics);
    let printed = resolved.value.renderer.take_messages();
    format!("{}{said}\n{printed:?}", told(&(resolved.value, rendered.value)))
}

/// A time for each run, a day after the one before.
fn day(at: usize) -> jiff::Timestamp {
    let days = i64::try_from(at).expect("it is small");
    jiff::Timestamp::from_second(1_768_478_400 + 86_400 * days).expect("a time of this century")
}

/// Compiles states one after the other, with what each leaves for the next.
#[track_caller]
fn check(states: &[Chosen]) {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = Utf8Path::from_path(scratch.path()).expect("UTF-8");
    let cache = || Cache::new(folder.join("cache"), "this".to_owned());
    for (at, chosen) in states.iter().enumerate() {
        let world = Memory::default().with_now(day(at));
        let command = ["compile", "run", "ls"][at % 3];
        let is = outcome(world.clone().with_cache(cache()), command, chosen);
        let should = outcome(world, command, chosen);
        if is != should {
            let differs = is.lines().zip(should.lines()).find(|(is, should)| is != should);
            let (is, should) = differs.expect("a line differs");
            panic!("after {:?}, {chosen:?} is\n{is}\nand should be\n{should}", &states[..at]);
        }
    }
}

#[test]
fn every_single_edit_comes_out_as_in_a_first_run() {
    for at in 0..=FILES.len() {
        let count = FILES.get(at).map_or(PLACES.len(), |(_, texts)| texts.len());
        let edited = |other: usize| {
            let mut edited = plain();
            edited[at] = other;
            edited
        };
        // There and back again.
        let states: Vec<Chosen> = (0..count).chain([0]).map(edited).collect();
        check(&states);
    }
}

#[test]
fn long_rows_of_edits_come_out_as_first_runs() {
    let mut dice = dice();
    for _ in 0..4 {
        let mut state = plain();
        let mut states = vec![state.clone()];
        for _ in 0..12 {
            for _ in 0..=dice(2) {
                let at = dice(FILES.len() + 1);
                state[at] = dice(FILES.get(at).map_or(PLACES.len(), |(_, texts)| texts.len()));
            }
            states.push(state.clone());
        }
        check(&states);
    }
}

#[test]
fn what_is_kept_is_not_done_again() {
    let scratch = tempfile::tempdir().expect("a folder");
    let folder = Utf8Path::from_path(scratch.path()).expect("UTF-8").join("cache");
    let cache = Cache::new(folder.clone(), "this".to_owned());
    let run = |program: &str, chosen: &Chosen| {
        let cache = Cache::new(folder.clone(), program.to_owned());
        outcome(Memory::default().with_cache(cache), "compile", chosen)
    };
    let name = || {
        let mut files = std::fs::read_dir(&folder).expect("a folder").filter_map(Result::ok);
        files.next().expect("a file").file_name().into_string().expect("UTF-8")
    };
    let mut with_place = plain();
    with_place[FILES.iter().position(|(path, _)| *path == "models/text.sql").expect("a part")] = 1;

    // A name that nobody but the cache can know.
    let first = run("this", &plain());
    assert!(first.contains("grows") && !first.contains("of_the_cache"));
    let kept = String::from_utf8(cache.recall(&name()).expect("it was kept")).expect("JSON");
    cache.keep(&name(), kept.replace("\"grows\"", "\"of_the_cache\"").into_bytes(), 4);
    assert!(run("this", &plain()).contains("of_the_cache"));
    assert!(run("this", &with_place).contains("of_the_cache"), "another part was edited");

    // Another program, another variable of the environment, other macros.
    let mut elsewhere = plain();
    elsewhere[FILES.len()] = 1;
    assert!(!run("this", &elsewhere).contains("of_the_cache"));
    assert!(!run("another", &plain()).contains("of_the_cache"));
}
