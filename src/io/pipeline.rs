//! Three steps on threads of their own, handed on in order: bytes are read, made into records, and taken by the sink.

use std::sync::mpsc::sync_channel;
use std::thread;

/// More threads than this wait for the one that reads.
const MOST_WORKERS: usize = 4;

/// Runs `produce` until it has no more, `convert` on what it gives, and `consume` on what comes out, in the order of `produce`.
///
/// A few pieces are under way at once, so memory is bounded by a few times the largest. `consume` runs on this thread. What was
/// produced before an error is still consumed. There are as many converters as [`rayon::current_num_threads`], up to four.
/// # Errors
/// Those of `consume` and `produce`; `broken()` when a step panics on another thread, which is how a decoder of another crate may take
/// a damaged file.
pub(super) fn in_order<P: Send, C: Send, E: Send>(
    mut produce: impl FnMut() -> Result<Option<P>, E> + Send,
    convert: impl Fn(P) -> C + Sync,
    mut consume: impl FnMut(C) -> Result<(), E>,
    broken: impl FnOnce() -> E,
) -> Result<(), E> {
    let workers = rayon::current_num_threads().min(MOST_WORKERS);
    let convert = &convert;
    thread::scope(|scope| {
        let (mut inputs, mut outputs, mut threads) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..workers {
            let (input, pieces) = sync_channel::<P>(1);
            let (output, converted) = sync_channel::<C>(1);
            threads.push(scope.spawn(move || pieces.into_iter().all(|piece| output.send(convert(piece)).is_ok())));
            inputs.push(input);
            outputs.push(converted);
        }
        let producer = scope.spawn(move || {
            for input in inputs.iter().cycle() {
                let Some(piece) = produce()? else { break };
                // A worker that does not listen any more has stopped for a reason that is told below.
                if input.send(piece).is_err() {
                    break;
                }
            }
            Ok(())
        });
        let mut pieces = outputs.iter().cycle().map_while(|converted| converted.recv().ok());
        let consumed = pieces.try_for_each(&mut consume);
        // Whoever still sends finds nobody, and ends. Each has to be asked how it ended: the scope panics for those who were not.
        drop(outputs);
        let produced = producer.join();
        let broken_ones = threads.into_iter().filter_map(|thread| thread.join().err()).count();
        consumed?;
        match produced {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) if broken_ones == 0 => Ok(()),
            _ => Err(broken()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stop_at: u32, fail_at: u32, refuse_at: u32) -> (Vec<u32>, Result<(), &'static str>) {
        let (mut next, mut seen) = (0, Vec::new());
        let produce = || {
            next += 1;
            if next == fail_at { Err("produce") } else { Ok((next <= stop_at).then_some(next)) }
        };
        let consume = |number: u32| {
            seen.push(number);
            if number == refuse_at { Err("consume") } else { Ok(()) }
        };
        let result = in_order(produce, |number| number, consume, || "broken");
        (seen, result)
    }

    #[test]
    fn pieces_come_in_order_and_errors_after_them() {
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                assert_eq!(run(0, 0, 0), (vec![], Ok(())));
                assert_eq!(run(1000, 0, 0), ((1..=1000).collect(), Ok(())));
                assert_eq!(run(1000, 501, 0), ((1..=500).collect(), Err("produce")));
                assert_eq!(run(1000, 0, 77), ((1..=77).collect(), Err("consume")));
            });
        }
    }

    #[test]
    fn a_step_that_panics_is_an_error() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let mut next = 0;
        let produce = || {
            next += 1;
            Ok((next < 100).then_some(next))
        };
        let convert = |number: u32| assert!(number < 50, "on purpose");
        let result = pool.install(|| in_order(produce, convert, |()| Ok(()), || "broken"));
        assert_eq!(result, Err("broken"));
    }
}
