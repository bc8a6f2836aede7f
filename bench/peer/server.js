// A server that does with a webhook what the package is made for: check the
// signature and upsert the object that the event is about. It calls nobody.
"use strict";

const http = require("node:http");
const https = require("node:https");
const { StripeSync, runMigrations } = require("@supabase/stripe-sync-engine");

const fail = (error) => {
  console.error(error);
  process.exit(1);
};

// A call to Stripe would be measured along, and would leave this machine.
http.request = https.request = () => fail(new Error("the package wants to call somebody"));

async function main() {
  const databaseUrl = process.env.DATABASE_URL;
  // The package logs what goes wrong with a migration, and goes on without it.
  await runMigrations({ databaseUrl, schema: "stripe", logger: { info() {}, error: fail } });
  const sync = new StripeSync({
    poolConfig: { connectionString: databaseUrl }, // ten connections, as the package has it
    stripeSecretKey: "sk_test_unused",
    stripeWebhookSecret: process.env.STRIPE_WEBHOOK_SECRET,
    // The event has the whole object: nothing is fetched again, and nothing besides.
    revalidateObjectsViaStripeApi: [],
    backfillRelatedEntities: false,
    autoExpandLists: false,
  });
  for (const name of ["fsync", "full_page_writes", "synchronous_commit"]) {
    const { rows } = await sync.postgresClient.query(`SHOW ${name}`);
    if (rows[0][name] !== "on") fail(new Error(`what is acknowledged must be on the disk: ${name} is ${rows[0][name]}`));
  }
  const server = http.createServer(async (request, response) => {
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      await sync.processWebhook(Buffer.concat(parts), request.headers["stripe-signature"]);
      response.end('{"received":true}');
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  });
  server.listen(0, "127.0.0.1", () => console.log(`  listening  127.0.0.1:${server.address().port}`));
  process.on("SIGINT", () => process.exit(0));
}

main().catch(fail);
