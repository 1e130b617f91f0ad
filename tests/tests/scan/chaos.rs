//! Everything goes wrong by chance, the same way each time: throttles, errors, answers that break off, slow accounts, denied
//! ones, credentials that live for seconds, a full disk, signals. What is found in the end is what is there; what could not
//! be seen is told.
//!
//! `make chaos` tries a hundred seeds, and `make chaos SEEDS=17` that one alone.

#![expect(clippy::print_stdout, reason = "a hundred seeds take minutes, and whoever waits wants to see them pass")]

mod books;
mod seed;
mod session;
mod world;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use seed::Story;

/// Which seeds are tried, where nobody says: few, because every test run tries them.
const A_FEW: &str = "1-4";

#[test]
fn what_is_found_is_the_same_whatever_goes_wrong() {
    let chosen = std::env::var("CHAOS_SEEDS").unwrap_or_default();
    let seeds = seeds(if chosen.is_empty() { A_FEW } else { &chosen });
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(seeds.len());
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let began = Instant::now();
            let told = catch_unwind(AssertUnwindSafe(|| seed::run(*seed))).map_err(|panic| message(&*panic));
            let seconds = began.elapsed().as_secs_f64();
            match &told {
                Ok(story) => println!("seed {seed}: {story}, {seconds:.1} s"),
                Err(problem) => println!("seed {seed} FAILED; alone: make chaos SEEDS={seed}\n{problem}"),
            }
            done.lock().unwrap().push((*seed, told));
        }
    };
    std::thread::scope(|scope| {
        (0..workers).for_each(|_| drop(scope.spawn(work)));
    });
    let done = done.into_inner().unwrap();
    let failed: Vec<String> =
        done.iter().filter(|(_, told)| told.is_err()).map(|(seed, _)| format!("make chaos SEEDS={seed}")).collect();
    let all: Story = done.into_iter().filter_map(|(_, told)| told.ok()).sum();
    println!("{} seeds: {all}", seeds.len());
    assert!(failed.is_empty(), "{} of {} seeds failed:\n{}", failed.len(), seeds.len(), failed.join("\n"));
}

/// `17`, `1-100` or `3,17,40-49`.
fn seeds(text: &str) -> Vec<u64> {
    let number = |text: &str| -> u64 {
        text.trim().parse().unwrap_or_else(|_| panic!("`{text}` is no seed: give numbers as in `17` or `3,40-49`"))
    };
    let range = |item: &str| match item.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => number(item)..=number(item),
    };
    text.split(',').flat_map(range).collect()
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}
