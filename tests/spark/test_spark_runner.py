"""SparkRunner on local[2]: one session, shared by all tests here."""

import threading
import time
from functools import partial

import pytest

from hdfs2oss.model.errors import Hdfs2ossError, Interrupted, Unreachable, UsageError, WaveEnded
from hdfs2oss.runners.signals import run_until_signal
from tests.spark import spark_tasks

pytestmark = pytest.mark.spark


def run(runner, function, tasks, context):
    reports = []
    runner.run_wave("test", partial(function, context), tasks, reports.append)
    return reports


def test_each_task_gives_one_report_and_an_attempt_of_its_own(spark_runner, make_context):
    reports = run(spark_runner, spark_tasks.double, list(range(10)), make_context())
    assert sorted(value for value, _, _ in reports) == [2 * number for number in range(10)]
    attempts = {attempt for _, attempt, _ in reports}
    assert len(attempts) == 10
    assert all(attempt.startswith("0-") for attempt in attempts)


def test_attempts_differ_between_waves(spark_runner, make_context):
    one = {attempt for _, attempt, _ in run(spark_runner, spark_tasks.double, [1, 2], make_context())}
    other = {attempt for _, attempt, _ in run(spark_runner, spark_tasks.double, [1, 2], make_context())}
    assert not one & other


def test_a_wave_without_tasks_starts_nothing(spark_runner, make_context):
    before = spark_runner.describe()
    assert run(spark_runner, spark_tasks.double, [], make_context()) == []
    assert spark_runner.describe() == before


def test_secrets_reach_the_tasks(spark_runner, make_context):
    assert run(spark_runner, spark_tasks.say_secret_length, [1], make_context("hush")) == [4]


def test_a_context_that_spark_would_write_to_disk_is_refused(spark_runner, make_context):
    many = tuple(f"filter-{number:050d}" for number in range(10_000))
    with pytest.raises(UsageError, match="KiB and at most 512 travel"):
        run(spark_runner, spark_tasks.double, [1], make_context(filters=many))


def test_the_counters_are_what_spark_counted(spark_runner, make_context):
    before = spark_runner.describe()
    run(spark_runner, spark_tasks.double, [1, 2, 3], make_context())
    after = spark_runner.describe()
    assert after["Launched map tasks"] - before["Launched map tasks"] == 3
    assert "Failed map tasks" not in after
    assert after["Total time spent by all map tasks (ms)"] >= before["Total time spent by all map tasks (ms)"]


def test_an_error_of_ours_comes_out_as_it_was(spark_runner, make_context):
    reports = []
    with pytest.raises(Unreachable) as caught:
        spark_runner.run_wave("test", partial(spark_tasks.refuse_three, make_context()), [1, 2, 3, 4], reports.append)
    assert str(caught.value) == "reading hdfs://nn/a: no route to host"
    assert caught.value.hint.startswith("Look at the network. Seen on the node ")
    assert sorted(reports) == [1, 2, 4]


def test_the_exit_code_of_an_error_survives(spark_runner, make_context):
    with pytest.raises(UsageError) as caught:
        run(spark_runner, spark_tasks.refuse_usage, [1], make_context())
    assert caught.value.exit_code == 2


def test_a_crash_is_one_line_with_the_trace_as_its_cause(spark_runner, make_context):
    with pytest.raises(Hdfs2ossError, match=r"^a task failed: ZeroDivisionError: one by nought$") as caught:
        run(spark_runner, spark_tasks.crash, [1], make_context())
    assert "in crash" in str(caught.value.__cause__)


def test_a_worker_that_dies_is_reported_without_a_java_stack_trace(spark_runner, make_context):
    with pytest.raises(Hdfs2ossError, match="Spark gave up on the wave test") as caught:
        run(spark_runner, spark_tasks.die, [1], make_context())
    assert "\n" not in str(caught.value)
    assert "at org.apache" not in str(caught.value)
    assert run(spark_runner, spark_tasks.double, [1], make_context())[0][0] == 2


def test_the_users_settings_win_except_speculation(spark_runner):
    settings = dict(spark_runner._context.getConf().getAll())
    assert settings["spark.app.name"] == "from-conf"
    assert settings["spark.speculation"] == "false"
    assert settings["spark.task.reaper.enabled"] == "true"


def test_hadoops_configuration_is_what_was_set_and_a_copy_needs_and_no_default_of_hadoops(spark_runner):
    hadoop = spark_runner._context._jsc.hadoopConfiguration()
    given = {"dfs.blocksize": "1m", "mapreduce.job.maps": "1", "fs.oss.accessKeySecret": "hush"}
    for key, value in given.items():
        hadoop.set(key, value)
    try:
        configuration = spark_runner.hadoop_configuration()
    finally:
        for key in given:
            hadoop.unset(key)
    assert configuration["dfs.blocksize"] == "1m"
    assert configuration["fs.oss.accessKeySecret"] == "hush"
    assert configuration["dfs.namenode.http-address.lake.nn1"] == "nn1:9870", "hdfs-site.xml was not read"
    assert not any(key.startswith("mapreduce.") for key in configuration)
    # Else three replicas and 022 would be asked of every cluster.
    assert not {"dfs.replication", "fs.permissions.umask-mode"} & set(configuration)


def test_the_status_counts_the_tasks_of_the_wave_that_runs(spark_runner, make_context, tmp_path):
    seen = []
    wave = spark_runner.make_thread(lambda: run(spark_runner, spark_tasks.sleep_and_log, range(4), make_context()))
    wave.start()
    while wave.is_alive():
        seen.append(spark_runner.status())
        time.sleep(0.05)
    assert any(status.total == 4 and status.active > 0 for status in seen), seen


def test_no_more_tasks_run_at_once_than_allowed(spark_runner, make_context, tmp_path):
    from hdfs2oss.runners.spark import SparkRunner

    one_at_once = SparkRunner(most_at_once=1)
    reports = run(one_at_once, spark_tasks.sleep_and_log, [1, 2, 3], make_context())
    one_at_once.close()
    assert sorted(reports) == [1, 2, 3]
    assert (tmp_path / "log").read_text().split() == ["+", "-"] * 3
    assert one_at_once.slots == 1
    assert run(spark_runner, spark_tasks.double, [1], make_context())[0][0] == 2


def test_without_a_cap_both_cores_work(spark_runner, make_context, tmp_path):
    assert sorted(run(spark_runner, spark_tasks.wait_for_the_other, [1, 2], make_context())) == [1, 2]


def test_a_slow_core_does_one_task_and_the_other_does_the_rest(spark_runner, make_context, tmp_path):
    reports = run(spark_runner, spark_tasks.first_waits_for_all_others, range(1, 9), make_context())
    assert sorted(reports) == list(range(1, 9))
    assert (tmp_path / "order").read_text().split()[-1] == "-1"


def test_cancel_ends_a_wave_before_its_tasks_end(spark_runner, make_context, tmp_path):
    from hdfs2oss.runners.spark import SparkRunner

    runner = SparkRunner(most_at_once=2)
    caught = []

    def job():
        with pytest.raises(Interrupted) as interrupted:
            run(runner, spark_tasks.sleep_long, [1, 2], make_context())
        caught.append(interrupted.value)

    thread = runner.make_thread(job)
    thread.start()
    while not (tmp_path / "started-1").exists():
        time.sleep(0.05)
    started = time.monotonic()
    runner.cancel()
    thread.join(50)
    assert time.monotonic() - started < 50, "the tasks were waited for"
    assert caught
    with pytest.raises(Interrupted):
        run(runner, spark_tasks.double, [1], make_context())
    runner.close()
    assert run(spark_runner, spark_tasks.double, [1], make_context())[0][0] == 2


def test_a_wave_that_is_ended_from_outside_raises_what_it_was_ended_with(spark_runner, make_context, tmp_path):
    enough = WaveEnded("the copy was ended, because 3 files have failed", "Mend that.")
    caught = []

    def job():
        with pytest.raises(WaveEnded) as ended:
            run(spark_runner, spark_tasks.sleep_long, [1, 2], make_context())
        caught.append((ended.value, time.monotonic(), spark_runner.status().active))

    thread = spark_runner.make_thread(job)
    thread.start()
    while not (tmp_path / "started-1").exists():
        time.sleep(0.05)
    started = time.monotonic()
    spark_runner.end_wave(enough)
    thread.join(50)
    ((error, at, still_active),) = caught
    assert error is enough
    assert at - started < 50, "the tasks were waited for"
    assert still_active == 0
    assert run(spark_runner, spark_tasks.double, [1], make_context())[0][0] == 2


def test_a_job_on_a_thread_of_the_runners_runs_to_its_end(spark_runner, make_context):
    def job():
        return run(spark_runner, spark_tasks.double, [3], make_context())[0][0]

    assert run_until_signal(job, spark_runner.cancel, spark_runner.make_thread) == 6


def test_waves_of_two_threads_do_not_mix(spark_runner, make_context):
    found = {}

    def wave(name, tasks):
        found[name] = sorted(value for value, _, _ in run(spark_runner, spark_tasks.double, tasks, make_context()))

    threads = [threading.Thread(target=wave, args=(str(n), [n, n + 1])) for n in (1, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {"1": [2, 4], "10": [20, 22]}
