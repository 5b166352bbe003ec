// The official TypeScript clients, old and new, against one server: what they heard, as one line of
// JSON. The only argument is {"generation": 1 | 2, "era": "legacy" | "auto" | "2026-07-28"} with
// {"command": [...]} or {"url": "http://…"}.

const asked = JSON.parse(process.argv[2]);

async function classes() {
  if (asked.generation === 2) {
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
    return { Client, StreamableHTTPClientTransport, StdioClientTransport };
  }
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StreamableHTTPClientTransport } = await import(
    "@modelcontextprotocol/sdk/client/streamableHttp.js"
  );
  const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
  return { Client, StreamableHTTPClientTransport, StdioClientTransport };
}

const { Client, StreamableHTTPClientTransport, StdioClientTransport } = await classes();
const mode = ["legacy", "auto"].includes(asked.era) ? asked.era : { pin: asked.era };
const client = new Client(
  { name: "typescript tester", version: "1" },
  asked.generation === 2 ? { versionNegotiation: { mode } } : {},
);
const [command, ...args] = asked.command ?? [];
const transport = asked.url
  ? new StreamableHTTPClientTransport(new URL(asked.url))
  : new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" });

async function call(name, fields) {
  const answer = await client.callTool({ name, arguments: fields });
  if (answer.isError) throw new Error(`${name}: ${answer.content[0].text}`);
  return JSON.parse(answer.content[0].text);
}

await client.connect(transport);
const { tools } = await client.listTools();
const tea = await call("memory_store", { title: "Tea", content: "Ada drinks green tea." });
const shop = await call("memory_store", { title: "Shop", content: "The tea comes from Uji." });
const link = { source_id: tea.id, target_id: shop.id, relation: "related_to" };
await call("memory_link", link);
const near = await call("memory_kg_query", { source_id: tea.id });
const recalled = await call("memory_recall", { context: "what does Ada drink?" });
const table = await client.callTool({
  name: "memory_list",
  arguments: { format: "toon_compact" },
});
const refused = await client.callTool({ name: "memory_get", arguments: { id: "none" } });
const { resources } = await client.listResources();
const { resourceTemplates } = await client.listResourceTemplates();
const uri = resources.find((one) => one.name === "Tea").uri;
const read = await client.readResource({ uri });
const { prompts } = await client.listPrompts();
const prompt = await client.getPrompt({ name: "recall-first", arguments: { namespace: "team" } });
await client.close();

console.log(
  JSON.stringify({
    tools: tools.map((tool) => tool.name),
    stored: tea.id,
    linked: shop.id,
    near: near.memories.map((memory) => memory.target_id),
    recalled: recalled.memories.map((memory) => memory.title),
    table: table.content[0].text,
    refused: refused.isError && JSON.parse(refused.content[0].text).code,
    templates: resourceTemplates.length,
    read: JSON.parse(read.contents[0].text),
    prompts: prompts.map((one) => one.name),
    prompt: prompt.messages[0].content.text,
  }),
);
