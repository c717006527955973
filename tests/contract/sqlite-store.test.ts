import { storeContract } from "./store.contract.ts";
import { sqlitePlace } from "./store-fixture.ts";

storeContract("sqlite", sqlitePlace);
