//! Waiting for an answer without going to sleep at once.
//!
//! A statement goes to the connection's thread and comes back, mostly within microseconds. A thread that has gone to sleep meanwhile is
//! woken in tens of them, and a transaction is a handful of statements: to look out for the answer is less work than to sleep and wake.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

/// How long an answer is looked out for before the thread sleeps.
const LOOK: Duration = Duration::from_micros(80);

/// Whether what a future waits for has come.
struct Answer {
    came: AtomicBool,
    sleeper: Waker,
}

impl Wake for Answer {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.came.store(true, Ordering::Release);
        self.sleeper.wake_by_ref();
    }
}

/// Carries `future` out, looking out for what it waits for. Once that was in vain, what follows is slow too, or others need the
/// processor: from then on it sleeps like any other.
pub(crate) async fn eagerly<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut in_vain = false;
    std::future::poll_fn(move |context: &mut Context<'_>| {
        let answer = Arc::new(Answer {
            came: AtomicBool::new(false),
            sleeper: context.waker().clone(),
        });
        let waker = Waker::from(Arc::clone(&answer));
        loop {
            answer.came.store(false, Ordering::Release);
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            let asked = Instant::now();
            while !answer.came.load(Ordering::Acquire) {
                if in_vain || asked.elapsed() > LOOK {
                    in_vain = true;
                    return Poll::Pending;
                }
                std::hint::spin_loop();
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::oneshot;

    use super::eagerly;

    #[tokio::test]
    async fn answers_that_come_from_another_thread_are_taken_soon_or_late() {
        let (ask, asked) = mpsc::channel::<(u32, oneshot::Sender<u32>)>();
        let answering = std::thread::spawn(move || {
            // Held back until everything was asked for once, so that some of the answers come after a sleep.
            let mut first = None;
            for (question, answer) in asked {
                if question == 0 {
                    first = Some(answer);
                    continue;
                }
                if let Some(first) = first.take() {
                    let _ = first.send(0);
                }
                let _ = answer.send(question);
            }
        });
        let answer_to = |question| {
            let (answer, answered) = oneshot::channel();
            ask.send((question, answer)).unwrap();
            async move { answered.await.unwrap() }
        };
        let late = answer_to(0);
        let (late, soon) = tokio::join!(eagerly(late), async {
            tokio::task::yield_now().await;
            eagerly(async {
                let mut sum = 0;
                for question in 1..=1_000 {
                    sum += answer_to(question).await;
                }
                sum
            })
            .await
        });
        assert_eq!((late, soon), (0, 500_500));
        drop(ask);
        answering.join().unwrap();
    }
}
