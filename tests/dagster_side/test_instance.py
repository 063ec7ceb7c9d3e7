"""The instance at the start of services: what a killed genga left behind holds nothing back."""

import dagster as dg

from resources.instance import end_dead_runs


def test_a_run_that_was_killed_with_the_services_is_ended_and_frees_its_pool() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        storage = instance.event_log_storage
        storage.set_concurrency_slots("video", 1)
        dead = instance.create_run_for_job(dg.job(name="j")(lambda: None))
        instance.run_storage.handle_run_event(dead.run_id, dg.DagsterEvent(
            event_type_value=dg.DagsterEventType.RUN_START.value, job_name="j"))
        assert storage.claim_concurrency_slot("video", dead.run_id, "step").is_claimed
        end_dead_runs(instance)
        ended = instance.get_run_by_id(dead.run_id)
        assert ended is not None and ended.status == dg.DagsterRunStatus.FAILURE
        assert storage.claim_concurrency_slot("video", "another", "step").is_claimed
