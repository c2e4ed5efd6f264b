import uuid
import zlib
from collections.abc import Iterator, Sequence
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from studyapp.content.lessons.catalogue import LessonNotFound, get_lesson


class State(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"


class RunQuerySet(models.QuerySet["Run"]):
    def live(self) -> Self:
        return self.exclude(state=State.ENDED)


class Run(models.Model):
    """One run of a program. Everything about the end is empty until `state` is ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    lesson = models.SlugField()
    variant = models.CharField(max_length=80, blank=True)
    parameters = models.JSONField(default=dict)
    code = models.TextField()
    interpreter = models.CharField(max_length=40)

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # The web process that follows the run writes beat_at, the other ones write the next two.
    beat_at = models.DateTimeField()
    watched_at = models.DateTimeField(null=True)
    stop_asked = models.BooleanField(default=False)

    reason = models.CharField(max_length=20, blank=True)
    exit = models.IntegerField(null=True)
    error = models.JSONField(null=True)
    wall_s = models.FloatField(null=True)
    cpu_s = models.FloatField(null=True)
    event_count = models.PositiveIntegerField(default=0)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="runs_of_owner"),
            models.Index(fields=["beat_at"], condition=~Q(state=State.ENDED), name="live_runs_by_beat"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner"], condition=~Q(state=State.ENDED), name="one_live_run_per_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lesson} by {self.owner_id}, {self.state}"

    @property
    def title(self) -> str:
        """That of its lesson, or the lesson's slug when there is no such lesson any more."""
        try:
            return get_lesson(self.lesson).title
        except LessonNotFound:
            return self.lesson


class EventChunkQuerySet(models.QuerySet["EventChunk"]):
    def lines_after(self, run_id: uuid.UUID, q: int) -> list[bytes]:
        """The stored events that follow number `q`, at most to the end of their chunk; empty at the end."""
        chunk = self.filter(run_id=run_id, last_q__gt=q).order_by("first_q").first()
        return chunk.lines()[max(0, q + 1 - chunk.first_q) :] if chunk else []

    def lines_of(self, run_id: uuid.UUID) -> Iterator[bytes]:
        """All stored events of a run."""
        for chunk in self.filter(run_id=run_id).order_by("first_q").iterator(chunk_size=1):
            yield from chunk.lines()


class EventChunk(models.Model):
    """Consecutive events of a run, `first_q` to `last_q`, as JSON Lines compressed with zlib."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="chunks")
    first_q = models.PositiveIntegerField()
    last_q = models.PositiveIntegerField()
    packed = models.BinaryField()

    objects = EventChunkQuerySet.as_manager()

    class Meta:
        ordering = ["first_q"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first_q"], name="one_chunk_per_first_event"),
        ]

    def __str__(self) -> str:
        return f"events {self.first_q} to {self.last_q} of {self.run_id}"

    @staticmethod
    def pack(lines: Sequence[bytes]) -> bytes:
        return zlib.compress(b"\n".join(lines))

    def lines(self) -> list[bytes]:
        """One JSON object each, in the order of their numbers."""
        return zlib.decompress(self.packed).split(b"\n")
