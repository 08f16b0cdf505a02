namespace Mlops.Storage.Conformance;

/// <summary>Does something just before each put reads its content.</summary>
public sealed class InterceptedObjects(IObjectStore inner, Action beforePut) : PassingObjects(inner)
{
    public override Task<PutOutcome> PutIfAbsentAsync(ObjectName name, Stream content, CancellationToken cancellationToken = default)
    {
        beforePut();
        return base.PutIfAbsentAsync(name, content, cancellationToken);
    }
}
