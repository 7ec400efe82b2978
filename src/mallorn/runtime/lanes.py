"""Several numbers at once in compiled code: values of the types `FOUR`, `EIGHT` and `SIXTEEN` are registers of float64.

numba compiles sums over points one number after the other, since another order would round differently. With these
types a loop says itself what may run side by side. `+ - * /` take lanes and lanes, or lanes and a number; each lane has
the bits that the same arithmetic gives for single numbers.
"""

import operator

from llvmlite import ir
from numba import float64, int64, types
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = [
    "EIGHT",
    "FOUR",
    "SIXTEEN",
    "any_above",
    "any_below",
    "eight",
    "four",
    "lane",
    "load_eight",
    "load_four",
    "load_sixteen",
    "sixteen",
    "store",
]


class _Lanes(types.Type):
    """The type of `width` numbers in one register."""

    def __init__(self, width):
        super().__init__(name=f"Lanes({width})")
        self.width = width


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _vector(kind))


FOUR, EIGHT, SIXTEEN = _Lanes(4), _Lanes(8), _Lanes(16)


def _vector(kind):
    return ir.VectorType(ir.DoubleType(), kind.width)


def _spread(builder, x, kind):
    """Lanes as they are, a number in all lanes."""
    if isinstance(x.type, ir.VectorType):
        return x
    index = ir.IntType(32)
    one = builder.insert_element(ir.Constant(_vector(kind), ir.Undefined), x, ir.Constant(index, 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(index, kind.width), [0] * kind.width))


def _register(operation, instruction):
    """Teach numba an operator of lanes."""
    known = []
    for kind in (FOUR, EIGHT, SIXTEEN):
        known += [(kind, kind, kind), (kind, float64, kind), (float64, kind, kind)]

    class Operation(ConcreteTemplate):
        cases = [signature(kind, left, right) for left, right, kind in known]

    def generate(context, builder, of, operands):
        return getattr(builder, instruction)(*(_spread(builder, x, of.return_type) for x in operands))

    infer_global(operation)(Operation)
    for left, right, _ in known:
        lower_builtin(operation, left, right)(generate)


_register(operator.add, "fadd")
_register(operator.sub, "fsub")
_register(operator.mul, "fmul")
_register(operator.truediv, "fdiv")


def _place(context, builder, array_type, array, index, kind):
    """The address of lanes in a contiguous array, from an index on."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), ir.PointerType(_vector(kind)))


def _of_width(kind):
    """Return the functions that spread a number over lanes, and that load them from an array (n,)."""

    @intrinsic
    def spread(typing, x):
        return kind(float64), lambda context, builder, of, given: _spread(builder, given[0], kind)

    @intrinsic
    def load(typing, array, index):
        def generate(context, builder, of, given):
            return builder.load(_place(context, builder, of.args[0], *given, kind), align=8)

        return kind(array, index), generate

    return spread, load


four, load_four = _of_width(FOUR)
eight, load_eight = _of_width(EIGHT)
sixteen, load_sixteen = _of_width(SIXTEEN)


@intrinsic
def store(typing, values, array, index):
    """Write lanes to a contiguous array (n,) from an index on."""

    def generate(context, builder, of, given):
        place = _place(context, builder, of.args[1], given[1], given[2], of.args[0])
        builder.store(given[0], place, align=8)
        return context.get_dummy_value()

    return types.none(values, array, index), generate


@intrinsic
def lane(typing, values, k):
    """The number in lane k."""

    def generate(context, builder, of, given):
        return builder.extract_element(given[0], builder.trunc(given[1], ir.IntType(32)))

    return float64(values, int64), generate


def _any(comparison):
    """Return the function that says whether a comparison with a number holds in any lane."""

    @intrinsic
    def holds(typing, values, limit):
        def generate(context, builder, of, given):
            found = builder.fcmp_ordered(comparison, given[0], _spread(builder, given[1], of.args[0]))
            bits = builder.bitcast(found, ir.IntType(of.args[0].width))
            return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

        return types.boolean(values, float64), generate

    return holds


any_above, any_below = _any(">"), _any("<")
