"""What a submission needs: what it asks for, and what such jobs used. `Estimator`, `Prediction` are loaded on use."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from placement.estimate.estimator import Estimator
    from placement.estimate.prediction import Prediction

__all__ = ["Estimator", "Prediction"]


def __getattr__(name: str) -> object:
    """The two names above; the hot path imports this package for other modules of it, and must not load numpy."""
    if name == "Estimator":
        from placement.estimate.estimator import Estimator

        return Estimator
    if name == "Prediction":
        from placement.estimate.prediction import Prediction

        return Prediction
    raise AttributeError(name)
