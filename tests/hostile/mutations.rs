//! The fuzz targets of `src-tauri/fuzz`, run for a short time with inputs that are always the same: every seed, and changes of
//! it. `HOSTILE_FUZZ_SECONDS=600` lets each target run for so long, with inputs that are new every time.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../src-tauri/fuzz/targets.rs"]
mod targets;

/// So many changes of seeds for a target that goes through the whole diagnosis, and for one that only reads.
const CHANGES: (usize, usize) = (30, 300);

/// Pieces that readers look for, and that hurt where nobody expects them.
const PIECES: [&str; 32] = [
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "=",
    "&",
    "?",
    "#",
    "\0",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{202e}",
    "“",
    "’",
    "null",
    "-1",
    "1e999",
    "99999999999999999999",
    "\"resource\":",
    "\"issuer\":",
    "Bearer ",
    "eyJ",
    "https://",
    "http://[::1",
    "%00",
    "${A}",
    "‹hidden›",
];

#[test]
fn no_input_makes_a_reader_give_up() {
    let long = std::env::var("HOSTILE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    let mut failed = Vec::new();
    for (name, target, whole) in targets::ALL {
        let seeds = seeds(name);
        assert!(seeds.len() >= 2, "{name} has too few seeds");
        let first = match long {
            None => 0x9e37_79b9_7f4a_7c15,
            Some(_) => RandomState::new().build_hasher().finish() | 1,
        };
        let mut chance = Chance(first ^ name.bytes().fold(1, |sum: u64, byte| sum.wrapping_mul(31) ^ u64::from(byte)));
        let began = Instant::now();
        let mut inputs = 0_usize;
        let mut next = seeds.clone().into_iter();
        loop {
            let done = match long {
                None => inputs >= seeds.len() + if whole { CHANGES.0 } else { CHANGES.1 },
                Some(long) => began.elapsed() >= long,
            };
            if done {
                break;
            }
            inputs += 1;
            let input = next.next().unwrap_or_else(|| chance.change(&seeds));
            if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
                failed.push(format!("{name}: {:?}", String::from_utf8_lossy(&input)));
                break;
            }
        }
        println!("{name}: {inputs} inputs in {:.1} s", began.elapsed().as_secs_f32());
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/fuzz/seeds").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    seeds.sort();
    seeds.into_iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// Always the same turns (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }

    fn change(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        const LONGEST: usize = 16 * 1024;
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(24)).min(input.len());
            match self.below(8) {
                0 if at < input.len() => input[at] ^= 1 << self.below(8),
                1 => drop(input.drain(at..end)),
                2 => drop(input.splice(at..at, PIECES[self.below(PIECES.len())].bytes())),
                3 => drop(input.splice(at..end, PIECES[self.below(PIECES.len())].bytes())),
                4 => input.truncate(at),
                5 => {
                    // The same again, many times.
                    let piece: Vec<u8> = input[at..end].to_vec();
                    let again = piece.repeat(self.below(200));
                    drop(input.splice(at..at, again));
                }
                6 => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len() + 1);
                    drop(input.splice(at.., other[from..].iter().copied()));
                }
                _ => {
                    let byte = u8::try_from(self.below(256)).unwrap_or(0);
                    input.insert(at, byte);
                }
            }
            input.truncate(LONGEST);
        }
        input
    }
}
