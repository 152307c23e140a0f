"""What one subject answered, and of whom."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Table:
    """Answers of one subject; lists are of one length."""

    scores: list[float] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)  # 0 or 1, or a share where tried often
    forged: list[bool] = field(default_factory=list)
    groups: list[dict[str, str]] = field(default_factory=list)
    who: list[str] = field(default_factory=list)  # empty: nobody else's
    passed: dict[str, int] = field(default_factory=dict)  # why nothing was answered, how often

    @property
    def abstained(self) -> int:
        """How often nothing was answered."""
        return sum(self.passed.values())

    def tell(
        self,
        score: float,
        alarm: float,
        groups: dict[str, str],
        *,
        forged: bool = False,
        who: str = "",
    ) -> None:
        """One answer: its score and whether it is an alarm (or in what share of tries)."""
        self.scores.append(score)
        self.alarms.append(alarm)
        self.forged.append(forged)
        self.groups.append(groups)
        self.who.append(who)

    def abstain(self, why: str = "") -> None:
        """No answer, and a sentence why, where one is known."""
        self.passed[why] = self.passed.get(why, 0) + 1

    def tell_tries(
        self, wrong: list[bool], groups: dict[str, str], who: str = "", why: str = ""
    ) -> None:
        """One answer of several tries: the share that went wrong; `why` nothing was tried."""
        if not wrong:
            self.abstain(why)
            return
        share = sum(wrong) / len(wrong)
        self.tell(share, share, groups, who=who)
