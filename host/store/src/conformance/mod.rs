//! The behaviours that every backend must pass, over nothing but the traits.
//!
//! A backend's tests name no case themselves: [`with_conformance_cases!`](crate::with_conformance_cases) hands every
//! case's name to a macro of theirs, which makes a test of each, and [`run`] carries one out on an empty database.

#![expect(
    clippy::unwrap_used,
    reason = "a behaviour that does not hold fails by a panic"
)]

mod access;
mod alerting;
mod alerts;
mod backfills;
mod batches;
mod buffers;
mod calendars;
mod calls;
mod cancels;
mod chains;
mod claims;
mod deletions;
mod deliveries;
mod facts;
mod finishes;
mod holds;
mod jobs;
mod links;
mod log;
mod maintenance;
mod overlaps;
mod pauses;
mod pending;
mod plugins;
mod policies;
mod releases;
mod repeats;
mod rescues;
mod retention;
mod set_back;
mod shards;
mod silences;
mod state;
mod support;
mod triggers;

use std::sync::Arc;

pub use self::support::{World, at};
use crate::Store;

/// Calls the macro `$then` with every case, as `topic: [case, …], …`.
#[macro_export]
macro_rules! with_conformance_cases {
    ($then:ident) => {
        $then! {
            jobs: [
                a_new_job_is_there_under_its_id_and_its_name,
                a_name_belongs_to_one_job,
                an_edit_makes_a_revision,
                an_equal_specification_changes_nothing,
                an_edit_of_another_revision_is_refused,
                an_edit_of_a_job_that_is_not_there_is_refused,
                a_changed_policy_keeps_the_next_fire,
                a_changed_schedule_plans_from_the_edit_on,
                an_edit_first_decides_what_the_old_schedule_asked_for,
                a_stopped_job_has_no_next_fire,
                jobs_are_listed_in_pages_and_by_filter,
                every_field_survives_the_database,
            ],
            releases: [
                a_fire_runs_at_its_instant,
                a_fire_is_released_once,
                a_fire_within_the_grace_is_on_time,
                latest_runs_the_newest_missed_fire,
                latest_runs_a_fire_of_any_age,
                all_runs_what_lies_in_the_window_one_after_another,
                skip_runs_no_missed_fire,
                a_hundred_skipped_fires_get_a_row_each,
                older_skipped_fires_share_a_row,
                a_run_between_skipped_fires_parts_their_rows,
                more_than_one_round_of_fires_is_decided_in_several,
                no_fire_lies_beyond_the_end,
                a_batch_takes_no_more_jobs_than_asked,
                the_next_look_is_told,
            ],
            calendars: [
                a_calendar_is_made_replaced_and_removed,
                calendars_are_read_by_their_names,
                a_fire_sees_the_windows_of_its_instant,
                a_job_names_only_calendars_that_are_there,
                a_calendar_that_a_job_names_is_kept,
            ],
            overlaps: [
                skip_names_the_run_in_the_way,
                allow_runs_beside,
                buffer_one_keeps_the_first_waiting_fire,
                a_held_run_is_not_claimed_before_its_turn,
                turns_go_in_order,
                a_retry_wait_is_still_in_the_way,
                cancelling_the_blocker_gives_the_turn,
                cancelling_a_held_run_leaves_the_turn,
            ],
            policies: [
                a_jittered_fire_starts_late_and_keeps_its_nominal_instant,
                a_missed_fire_is_not_put_off_further,
                the_higher_priority_goes_first,
                a_claim_by_age_takes_the_oldest_whatever_its_priority,
                a_job_that_has_run_often_enough_fires_no_more,
                skipped_fires_do_not_count_as_runs,
                a_fire_in_a_blackout_is_skipped_with_its_window,
                latest_passes_over_what_fell_into_a_blackout,
                a_retry_on_the_same_version_passes_over_an_activation,
            ],
            buffers: [
                buffer_all_keeps_every_waiting_fire_in_order,
                buffer_all_is_bounded,
                cancel_other_starts_after_the_cancelled_run_has_ended,
                cancel_other_ends_what_has_not_begun,
                cancel_other_replaces_the_fire_that_waits,
            ],
            shards: [
                a_fire_makes_a_run_a_shard,
                the_shards_of_a_fire_are_one_run_to_overlap,
                a_shard_is_retried_by_itself,
                a_chain_follows_when_every_shard_has_succeeded,
                one_failed_shard_fails_the_fire,
                shards_that_end_together_are_followed_once,
                a_fire_that_its_follower_ends_is_followed_once,
            ],
            chains: [
                a_success_starts_what_it_names_and_hands_its_result_on,
                a_failure_starts_its_followers_after_the_final_attempt,
                a_cancelled_run_starts_nothing,
                overlap_holds_for_a_chain_and_leaves_a_row,
                a_paused_follower_is_skipped_and_a_stopped_one_runs,
                a_follower_that_is_not_there_leaves_a_row,
                a_chain_has_an_end,
                a_rescued_run_that_ends_starts_its_followers,
            ],
            pending: [
                pending_work_reads_running_and_is_ended_by_its_token,
                how_work_ends_takes_back_what_its_handler_said,
                work_that_is_done_before_its_handler_returns_has_ended,
                pending_work_outlives_its_process,
                pending_work_times_out,
                a_cancel_ends_pending_work_at_once,
                a_cancel_that_came_before_pending_ends_the_run,
                failed_work_elsewhere_is_retried,
            ],
            pauses: [
                fires_in_a_pause_are_skipped_and_share_a_row,
                nothing_of_a_pause_is_caught_up,
                fires_before_the_pause_still_run,
                a_pause_with_an_end_lifts_itself,
                a_retry_waits_for_the_resume,
                a_failure_in_a_pause_waits_for_the_resume,
                a_second_pause_replaces_the_first,
                an_edit_keeps_the_pause,
                resuming_what_is_not_paused_changes_nothing,
                a_paused_job_is_looked_at_rarely,
            ],
            triggers: [
                a_trigger_makes_a_run_at_once,
                a_trigger_conflicts_with_the_active_run,
                allow_overrides_the_conflict,
                a_trigger_waits_where_the_job_buffers,
                paused_and_stopped_jobs_are_triggered,
                a_trigger_takes_its_own_parameter,
                a_trigger_of_no_job_is_refused,
                two_triggers_at_one_instant_are_two_runs,
            ],
            backfills: [
                instants_run_one_after_another,
                an_override_lets_them_run_at_once,
                a_backfill_has_its_own_parameter,
                what_became_of_instants_is_on_record,
                a_backfill_of_no_job_makes_nothing,
            ],
            repeats: [
                a_repeat_keeps_instant_and_parameter,
                a_repeat_may_be_planned_for_now,
                repeats_of_a_job_follow_one_another,
                what_was_repeated_is_repeated_once,
                a_dry_run_makes_nothing,
                what_goes_on_is_not_repeated,
                the_runs_of_a_deleted_job_are_not_repeated,
                a_run_that_never_began_keeps_the_jobs_parameter,
                shards_are_repeated_one_by_one,
                a_call_is_repeated_as_it_was_bounded,
                a_repeated_chain_start_knows_its_upstream,
            ],
            batches: [
                several_jobs_change_together,
                a_refused_change_leaves_the_others,
                a_batch_of_deletions_leaves_the_log,
            ],
            links: [
                jobs_are_found_by_their_labels,
                runs_and_rows_are_found_by_label_trigger_and_reason,
                a_chain_that_comes_round_is_refused,
                a_renamed_job_may_not_close_a_chain,
                the_source_of_a_job_stays,
                known_names_and_chains_are_told,
            ],
            calls: [
                a_call_waits_for_its_instant,
                a_call_that_is_due_is_queued,
                a_call_has_its_own_policy,
                a_call_is_cancelled_before_it_begins,
            ],
            claims: [
                a_claim_writes_its_row_before_anything_starts,
                a_run_is_claimed_once,
                a_claim_takes_no_more_than_asked,
                nothing_is_claimed_before_it_is_due,
                the_oldest_goes_first,
                an_unbound_name_is_claimed_without_a_binding,
                a_claim_resolves_the_active_version,
                a_claim_resolves_the_pinned_version,
                a_retry_resolves_the_binding_again,
                a_claim_carries_the_released_revision,
                a_begun_attempt_reads_running,
                a_begin_after_the_end_is_passed_over,
            ],
            finishes: [
                a_success_ends_the_run,
                a_second_outcome_is_refused,
                a_second_outcome_in_the_same_batch_is_refused,
                an_outcome_with_a_stale_token_is_refused,
                an_outcome_of_another_run_is_refused,
                replies_come_in_the_order_of_the_outcomes,
                a_failure_is_retried_after_its_wait,
                the_wait_follows_the_backoff,
                retries_are_used_up,
                a_permanent_failure_is_not_retried,
                only_what_retry_on_names_is_retried,
                retries_follow_the_policy_of_the_release,
                triggers_are_retried_too,
                everything_an_attempt_reports_is_kept,
            ],
            rescues: [
                claims_that_nobody_began_go_back_as_if_they_had_not_been,
                a_dead_process_loses_its_attempts,
                the_living_process_keeps_its_attempts,
                a_death_uses_up_no_retry,
                the_fourth_death_ends_the_run,
                a_rescued_run_refuses_its_old_outcome,
                what_its_owner_does_not_know_goes_back,
                a_cancelled_run_of_a_dead_process_ends,
                a_process_that_left_has_no_lease,
                the_last_sign_of_life_is_known,
                the_last_sign_of_life_stays_when_the_clock_goes_back,
                what_was_planned_is_a_sign_of_life,
            ],
            cancels: [
                a_queued_run_ends_at_once,
                a_running_attempt_is_asked_to_stop,
                a_cancelled_attempt_is_not_retried,
                an_attempt_may_win_the_race_against_its_cancel,
                a_run_that_waits_for_its_retry_ends_at_once,
                an_ended_run_stays_as_it_is,
                a_run_that_never_was_is_not_found,
                several_runs_end_in_their_order,
            ],
            deletions: [
                a_deletion_takes_the_jobs_state_along,
                a_deleted_job_is_gone_and_its_log_stays,
                a_deletion_ends_what_has_not_begun,
                a_deletion_asks_the_running_attempt_to_stop,
                a_deletion_first_decides_what_was_due,
                a_name_is_free_again_under_another_id,
                deleting_what_is_not_there_is_refused,
            ],
            set_back: [
                next_fires_are_computed_anew,
                what_was_decided_stays_decided,
                ids_go_on_rising,
                an_edit_after_it_decides_the_new_instants_only,
                a_shared_row_covers_no_instant_of_another_schedule,
                a_shared_row_never_spans_a_decided_instant,
                the_newest_missed_fire_is_one_that_was_not_decided,
            ],
            log: [
                runs_are_listed_newest_first_in_pages,
                runs_are_filtered,
                attempts_are_listed_newest_first_in_pages,
                attempts_are_filtered,
                the_attempts_of_a_run_are_listed,
            ],
            facts: [
                what_there_is_is_counted,
                the_queue_is_told_apart_by_state_and_hold,
                decided_fires_are_counted_by_reason,
            ],
            maintenance: [
                a_sound_database_has_no_faults_and_nothing_to_find,
                jobs_whose_handler_resolves_to_nothing_are_found,
                jobs_that_should_fire_and_will_not_are_found,
                paused_jobs_are_found_the_longest_pause_first,
                owned_attempts_tell_how_long_they_may_take_and_whose_they_are,
                what_an_attempt_kept_for_a_deleted_job_is_found,
            ],
            retention: [
                what_has_ended_is_found_in_pages_by_age,
                a_run_is_found_by_its_last_attempt_and_goes_as_a_whole,
                a_run_that_goes_on_is_neither_found_nor_removed,
                a_call_that_was_planned_long_ahead_tells_when_it_ended,
                crowded_jobs_are_found_a_part_at_a_time,
                runs_and_skipped_fires_of_a_job_are_told_apart,
                lines_go_with_their_attempt,
            ],
            plugins: [
                versions_count_from_one,
                the_same_digest_is_the_same_version,
                a_label_is_taken_once,
                an_upload_activates_nothing,
                an_activation_is_recorded,
                activating_what_is_not_there_is_refused,
                a_version_in_use_is_kept,
                a_deleted_version_is_gone_and_its_number_too,
                content_lives_as_long_as_a_version_has_it,
                a_handler_follows_the_active_version,
                a_handler_stays_on_its_pinned_version,
                a_bind_with_another_revision_is_refused,
                revisions_never_repeat_after_an_unbind,
                secrets_are_set_and_removed_one_by_one,
                the_jobs_of_a_handler_are_named,
            ],
            holds: [
                nothing_is_claimed_for_a_held_handler,
                an_attempt_goes_on_under_a_hold_and_its_retry_waits,
                a_release_lets_what_waited_go_on,
                a_second_hold_replaces_the_first,
                a_binding_that_changes_keeps_its_hold,
                what_is_not_bound_is_neither_held_nor_released,
                no_more_attempts_go_on_than_a_handler_may_have,
                work_that_goes_on_elsewhere_keeps_its_place,
                an_end_makes_room_for_the_highest_priority,
                a_raised_bound_lets_more_go_on,
                a_removed_bound_lets_all_go_on,
                a_lowered_bound_stops_no_attempt,
                room_passes_on_when_the_next_in_line_is_cancelled,
                room_passes_on_when_the_next_in_line_is_paused,
                room_that_came_under_a_hold_is_found_after_it,
                an_unbound_name_keeps_nothing_waiting,
            ],
            alerts: [
                a_final_failure_leaves_a_delivery,
                only_the_last_attempt_is_told,
                without_a_rule_nothing_is_written,
                cancels_and_deaths_that_are_repeated_are_not_told,
                the_first_success_after_failures_is_told,
                a_failure_and_a_success_in_one_batch_are_both_told,
                rules_choose_by_scope_and_occasion,
                a_channel_hears_of_a_run_once,
                the_shards_of_a_fire_are_told_together,
                a_late_attempt_is_told_once,
                work_that_goes_on_elsewhere_is_warned_of_in_time,
                channels_and_rules_are_kept_together,
            ],
            silences: [
                what_a_silence_covers_is_written_and_not_sent,
                a_silence_is_ended_by_hand,
            ],
            deliveries: [
                a_delivery_is_tried_until_it_is_taken,
                a_delivery_is_given_up_with_the_reason,
                what_a_dead_process_took_is_taken_again,
                one_channel_does_not_hold_up_another,
                a_disabled_channel_gives_up_what_waits_and_hears_nothing,
                a_test_is_a_delivery_of_its_own,
                deliveries_are_listed_in_pages_and_by_filter,
                old_deliveries_are_swept_and_waiting_ones_kept,
            ],
            state: [
                a_value_is_kept_replaced_and_removed,
                scopes_are_apart,
                the_quota_counts_keys_and_values,
                replacing_a_value_counts_it_once,
                keys_are_listed_by_prefix_in_byte_order,
                entries_show_their_size_and_short_values,
                what_a_scope_holds_is_counted_as_the_quota_does,
                scopes_that_hold_anything_are_listed,
                a_scope_is_cleared_by_prefix_and_in_parts,
            ],
            access: [
                a_token_is_good_until_it_expires,
                a_deleted_token_is_good_for_nothing,
                the_setup_code_works_once,
                a_wrong_setup_code_keeps_the_right_one,
                a_key_is_taken_once,
                a_released_key_may_be_taken_again,
                old_keys_are_forgotten,
                the_audit_log_is_read_newest_first_in_pages,
                settings_are_set_and_removed,
            ],
        }
    };
}

macro_rules! dispatch {
    ($($topic:ident: [$($case:ident),* $(,)?]),* $(,)?) => {
        /// Carries the case `topic::case` out on `store`, whose database is empty; panics where the behaviour does not hold.
        pub async fn run(topic: &str, case: &str, store: Arc<dyn Store>) {
            let world = World::new(store);
            match (topic, case) {
                // Boxed: one future that holds every case would take minutes to compile.
                $($((stringify!($topic), stringify!($case)) => Box::pin($topic::$case(world)).await,)*)*
                _ => panic!("there is no case {topic}::{case}"),
            }
        }
    };
}

with_conformance_cases!(dispatch);
