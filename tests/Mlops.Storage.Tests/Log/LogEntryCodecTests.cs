using CsCheck;

namespace Mlops.Storage.Tests.Log;

public sealed class LogEntryCodecTests
{
    private const string Encoded =
        "01" + "0190a8c0ffee7abc8123456789abcdef" + "0200000000000000" + "40420f0000000000" + "3f420f0000000000"
        + "0b000000" + "72756e2e73746172746564" + "04000000" + "4164c3a1" + "02000000"
        + "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        + "0000000000000000000000000000000000000000000000000000000000000001"
        + "00000000000000000000000000000002" + "00000000000000000000000000000003";

    private static readonly LogEntry Entry = new()
    {
        Record = RecordId.Parse("0190a8c0ffee7abc8123456789abcdef", null),
        Sequence = 2,
        Action = "run.started",
        Actor = "Ad\u00e1",
        CommitTime = 1_000_000,
        ClientTime = 999_999,
        Items = [Digest.Of("abc"u8), new Digest(0, 1)],
        Previous = new Digest(2, 3),
    };

    [Fact]
    public void Encode_entry_isThePublishedVector() =>
        Assert.Equal(Encoded.Replace("4164c3a1", "4164c3a1", StringComparison.Ordinal), Convert.ToHexStringLower(LogEntryCodec.Encode(Entry)));

    [Fact]
    public void Decode_encoded_givesTheEntryBack()
    {
        var texts = Gen.String[Gen.Char["aü漢 \n"], 0, 40];
        var digests = Gen.Select(Gen.ULong, Gen.ULong).Select((high, low) => new Digest(high, low));
        Gen.Select(Gen.ULong, Gen.Long, Gen.Long, texts, texts, digests.List[0, 5]).Sample((id, sequence, time, action, actor, items) =>
        {
            var entry = Entry with { Record = new RecordId(id), Sequence = sequence, CommitTime = time, Action = action, Actor = actor, Items = items };
            var decoded = LogEntryCodec.Decode(LogEntryCodec.Encode(entry));
            Assert.Equal(entry.Items, decoded.Items);
            Assert.Equal(entry, decoded with { Items = entry.Items });
        });
    }

    [Fact]
    public void Decode_truncatedOrExtended_throwsIntegrityException()
    {
        var bytes = LogEntryCodec.Encode(Entry);
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<IntegrityException>(() => LogEntryCodec.Decode(bytes.AsMemory(0, length)));
        Assert.Throws<IntegrityException>(() => LogEntryCodec.Decode((byte[])[.. bytes, 0]));
    }

    [Fact]
    public void Decode_anyBitFlipped_readsAnotherEntryOrThrowsIntegrityException()
    {
        // the chain's hashes find the change; the decoder must only not fail in another way, nor read the same
        var bytes = LogEntryCodec.Encode(Entry);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                var decoded = LogEntryCodec.Decode(bytes);
                Assert.NotEqual(Entry, decoded with { Items = Entry.Items.SequenceEqual(decoded.Items) ? Entry.Items : decoded.Items });
            }
            catch (IntegrityException)
            {
                // as it should be
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Decode_anyBytes_readsOrThrowsIntegrityException() =>
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            if (bytes.Length > 0)
                bytes[0] = 1;
            try
            {
                LogEntryCodec.Decode(bytes);
            }
            catch (IntegrityException)
            {
                // the only error allowed
            }
        });

    [Fact]
    public void ItemDigest_eachType_hashesItsDocumentedBytes()
    {
        var salt = Convert.FromHexString("000102030405060708090a0b0c0d0e0f");
        var id = RecordId.Parse("0190a8c0ffee7abc8123456789abcdef", null);
        var content = Digest.Of("abc"u8);
        var bytes = "000102030405060708090a0b0c0d0e0f" + "01000000" + "66"
            + "01" + "02000000" + "c3bc"
            + "02" + "000000000000f03f"
            + "03" + "ffffffffffffffff"
            + "04" + id
            + "05" + content;
        var digest = LogEntryCodec.ItemDigest(
            salt,
            "f",
            [FieldValue.Text("ü"), FieldValue.Number(1), FieldValue.Time(-1), FieldValue.Reference(id), FieldValue.Digest(content)]);
        Assert.Equal(Digest.Of(Convert.FromHexString(bytes)), digest);
    }

    [Fact]
    public void BodyDigest_body_isThatOfATextItem()
    {
        var salt = new byte[LogEntryCodec.SaltBytes];
        Assert.Equal(
            LogEntryCodec.ItemDigest(salt, LogEntryCodec.BodyItem, [FieldValue.Text("{\"a\":1}")]),
            LogEntryCodec.BodyDigest(salt, "{\"a\":1}"u8));
    }
}
