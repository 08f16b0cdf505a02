using Mlops.Metadata;

namespace Mlops.Metadata.Tests;

public sealed class RedactorTests
{
    [Theory]
    [InlineData("clone https://ann:s3cret@git.example.com/x.git", "clone https://***@git.example.com/x.git")]
    [InlineData("Server=db;Password=s3 cret;Database=x", "Server=db;Password=***;Database=x")]
    [InlineData("--url=x?token=*** --db Server=db;Pwd=s3 cret;T=5", "--url=x?token=*** --db Server=db;Pwd=***;T=5")]
    [InlineData("Server=db;User=u;Password=hun,ter2", "Server=db;User=u;Password=***")]
    [InlineData("Server=db;User=u;Password=hun,ter2 & 'more\nnext line", "Server=db;User=u;Password=***\nnext line")]
    [InlineData("Server=db; Password=s3 cret", "Server=db; Password=***")]
    [InlineData("Server=db;Pwd=it's;", "Server=db;Pwd=***;")]
    [InlineData("Pwd=it's;Server=db", "Pwd=***;Server=db")]
    [InlineData("Pwd=it's;", "Pwd=***;")]
    [InlineData("Server=db;Password=\"a;b\"\"c\";Timeout=5", "Server=db;Password=***;Timeout=5")]
    [InlineData("cannot open 'Server=db;Password=a,b&c': timeout", "cannot open 'Server=db;Password=***': timeout")]
    [InlineData("{\"db\": \"Server=db;Password=a b,c\", \"epochs\": 3}", "{\"db\": \"Server=db;Password=***\", \"epochs\": 3}")]
    [InlineData("postgres://me:p/ss@db/x", "postgres://***@db/x")]
    [InlineData("postgres://me:12/s@s@db/x", "postgres://***@db/x")]
    [InlineData("https://me:p/ss@host/x", "https://***@host/x")]
    [InlineData("AWS_SECRET_ACCESS_KEY=wJalrXUt", "AWS_SECRET_ACCESS_KEY=***")]
    [InlineData("PRIVATE_KEY: 'abc'", "PRIVATE_KEY: ***")]
    [InlineData("Authorization: Bearer abcdefghijkl", "Authorization: Bearer ***")]
    [InlineData("Authorization: Basic YTpi", "Authorization: Basic ***")]
    [InlineData("{\"Proxy-Authorization\": \"Basic notbase64!\"}", "{\"Proxy-Authorization\": \"Basic ***\"}")]
    [InlineData("sent Basic dXNlcjpwYXNzd29yZA==, was refused", "sent Basic ***, was refused")]
    [InlineData("basic dXNlcjpwYXNzd29yZA.", "basic ***")]
    [InlineData("Basic asO2cmc6c8OpY3JldD8_", "Basic ***")]
    [InlineData("Basic avZyZzpz6WNyZXQ=", "Basic ***")]
    [InlineData("cut off: Basic dXNlcjpwYXNzd", "cut off: Basic ***")]
    [InlineData("https://store/x?sv=1&sig=abc%3D&se=2", "https://store/x?sv=1&sig=***&se=2")]
    [InlineData("train --password s3cret --epochs 3", "train --password *** --epochs 3")]
    [InlineData("train --db-token \"s3 cret\" x", "train --db-token *** x")]
    [InlineData("the key AKIAIOSFODNN7EXAMPLE here", "the key *** here")]
    [InlineData("glpat-abcdefghij0123456789 and hf_abcdefghijklmnopqrstuvwxyzABCDEF", "*** and ***")]
    [InlineData("jwt eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl!", "jwt ***!")]
    [InlineData("Bad string Host=x;Password=\"p;w\"\n   at Foo()", "Bad string Host=x;Password=***\n   at Foo()")]
    [InlineData("Host=x;Password=\"p;w\" (timeout)", "Host=x;Password=*** (timeout)")]
    [InlineData("(Host=x;Password=\"p;w\")", "(Host=x;Password=***")]
    [InlineData("Host=x;Password='p;w', twice.", "Host=x;Password=***, twice.")]
    [InlineData("Host=x;Pwd=\"p;w\".", "Host=x;Pwd=***")]
    [InlineData("Host=x;User Password=hun,ter2", "Host=x;User Password=***")]
    [InlineData("Endpoint=sb://x/;SharedAccessKey=a,b=;EntityPath=q", "Endpoint=sb://x/;SharedAccessKey=***;EntityPath=q")]
    [InlineData("lr=0.1; reset_pwd = 3, loss = 0.12", "lr=0.1; reset_pwd = ***, loss = 0.12")]
    [InlineData("lr=0.1; the old password = x, loss = 0.12", "lr=0.1; the old password = ***, loss = 0.12")]
    [InlineData("step 10; eos_token = </s>, vocab = 32000, loss = 0.12", "step 10; eos_token = ***, vocab = 32000, loss = 0.12")]
    [InlineData("cd /app; API_KEY=abc python train.py --epochs 10 --lr 0.1", "cd /app; API_KEY=*** python train.py --epochs 10 --lr 0.1")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "***")]
    public void Redact_secret_isMaskedAndAgainChangesNothing(string text, string expected)
    {
        Assert.Equal(expected, Redactor.Redact(text));
        Assert.Equal(expected, Redactor.Redact(expected));
    }

    [Theory]
    [InlineData("epoch 3: loss 0.5, 12,000 tokens/s, keys: 12")]
    [InlineData("see https://example.com/a?b=c and the tokenizer of the design")]
    [InlineData("http://localhost:5000/users/@me, http://[::1]:80/@x and https://registry.example.com/@scope/pkg@1.2")]
    [InlineData("step 3; it's fine; tokens=5, 'a'; rate=0.5")]
    [InlineData("tokens_per_second=500, monkey=1, basics")]
    [InlineData("basic training, Basic statistics; basic regression and a basic tokenizer")]
    [InlineData("Basic dXNlcm5hbWU= is the name alone, and the basic configuration.json a file")]
    [InlineData("C:\\models\\model.onnx --epochs 3 --key-frames 2")]
    public void Redact_ordinaryText_staysAsItIs(string text) => Assert.Equal(text, Redactor.Redact(text));

    [Theory]
    [InlineData("HF_TOKEN", "abc", "***")]
    [InlineData("--password", "abc", "***")]
    [InlineData("DB_PASSWORD_FILE", "/run/secret", "***")]
    [InlineData("API_KEY", "abc", "***")]
    [InlineData("OMP_NUM_THREADS", "4", "4")]
    [InlineData("Azure.Security.KeyVault.Secrets", "4.7.0", "4.7.0")]
    [InlineData("PROXY", "http://ann:x@proxy:80", "http://***@proxy:80")]
    public void Redact_namedValue_isMaskedByItsName(string name, string value, string expected) => Assert.Equal(expected, Redactor.Redact(name, value));

    [Fact]
    public void RedactCommandLine_optionsAndValues_areMasked() => Assert.Equal(
        "train --token *** --db-password *** --url=https://***@host/x --epochs 3 \"a b\" \"\" --api-key=*** \"say \\\"hi\\\"\"",
        Redactor.RedactCommandLine(
            ["train", "--token", "tok1", "--db-password", "p w", "--url=https://u:p@host/x", "--epochs", "3", "a b", "", "--api-key=zzz", "say \"hi\""]));
}
