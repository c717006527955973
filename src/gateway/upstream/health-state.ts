/** The health of one node as reports change it; pure, so that tests can walk through it. */
import type { FailureThresholds, Thresholds } from "./health-conf.ts";

export type HealthStatus = "healthy" | "mostly_healthy" | "mostly_unhealthy" | "unhealthy";

export type HealthCounter = {
  success: number;
  http_failure: number;
  tcp_failure: number;
  timeout_failure: number;
};

export type HealthReport = { readonly status: number } | "tcp" | "timeout" | "connected";

export class HealthState {
  status: HealthStatus = "healthy";
  readonly counter: HealthCounter = {
    success: 0,
    http_failure: 0,
    tcp_failure: 0,
    timeout_failure: 0,
  };

  get isUp(): boolean {
    return this.status === "healthy" || this.status === "mostly_healthy";
  }

  /** Returns whether the node went up or down with it. */
  report(report: HealthReport, healthy: Thresholds, unhealthy: FailureThresholds): boolean {
    const before = this.isUp;
    if (report === "tcp") this.countFailure("tcp_failure", unhealthy.tcpFailures);
    else if (report === "timeout") this.countFailure("timeout_failure", unhealthy.timeouts);
    else if (report === "connected") this.countSuccess(healthy.successes);
    else if (healthy.statuses.has(report.status)) this.countSuccess(healthy.successes);
    else if (unhealthy.statuses.has(report.status)) {
      this.countFailure("http_failure", unhealthy.httpFailures);
    }
    return this.isUp !== before;
  }

  private countSuccess(limit: number): void {
    const { counter } = this;
    if (limit === 0 || this.status === "healthy") return;
    counter.success++;
    counter.http_failure = 0;
    counter.tcp_failure = 0;
    counter.timeout_failure = 0;
    if (counter.success >= limit) this.become("healthy");
    else if (this.status === "unhealthy") this.status = "mostly_unhealthy";
  }

  private countFailure(kind: Exclude<keyof HealthCounter, "success">, limit: number): void {
    const { counter } = this;
    if (limit === 0 || this.status === "unhealthy") return;
    counter[kind]++;
    counter.success = 0;
    if (counter[kind] >= limit) this.become("unhealthy");
    else if (this.status === "healthy") this.status = "mostly_healthy";
  }

  /** What led here is still shown; the counting for the way back begins with the next report. */
  private become(status: "healthy" | "unhealthy"): void {
    this.status = status;
  }
}
