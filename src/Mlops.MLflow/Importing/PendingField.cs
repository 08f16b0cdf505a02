using Mlops.Storage;

namespace Mlops.MLflow;

/// <summary>A field as it is to be, whether it has to be written or is so already.</summary>
/// <param name="Write">The field and its value; none means that it is absent.</param>
/// <param name="Counter">What it counts as, if it counts.</param>
/// <param name="IsNew">Whether it has to be written.</param>
internal readonly record struct PendingField(FieldWrite Write, Tally.Counter? Counter, bool IsNew)
{
    public static bool Holds(RecordSnapshot? record, FieldWrite write) => (record?.Find(write.Name), write.Values) switch
    {
        (null, []) => true,
        ({ } here, [var wanted, ..]) => here.IsSame(wanted),
        _ => false,
    };
}
