namespace Mlops.Storage.Conformance;

/// <summary>What happens to a body on its way.</summary>
internal enum HttpDamage
{
    None = 0,

    /// <summary>Only its first half is passed on, or half of its first chunk.</summary>
    Half = 1,

    /// <summary>One bit in the middle is turned, or in the middle of its first chunk.</summary>
    Flip = 2,
}
