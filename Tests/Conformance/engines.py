"""What both other engines have in common, and the client's in-memory one with what it cannot do."""

from qdrant_client import QdrantClient, models as m


class Unsupported(Exception):
    """The engine has no such call."""


class Memory(QdrantClient):
    """The client's in-memory engine."""

    def __init__(self):
        super().__init__(":memory:")

    def query_points(self, *arguments, query=None, **options):
        if isinstance(query, m.RelevanceFeedbackQuery):
            feedback = query.relevance_feedback
            is_dense = lambda v: isinstance(v, list) and isinstance(v[0], float)
            if not all(map(is_dense, [feedback.target, *(item.example for item in feedback.feedback)])):
                raise Unsupported("its relevance feedback knows dense vectors only, and no points")
        if isinstance(query, m.TextQuery):
            raise Unsupported("ranking by text needs an index, and the engine has none")
        return super().query_points(*arguments, query=query, **options)
